"""Pairs of functions X_forward and X_backward, losses X_loss, and optimisers, as the courses name them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from harness.layers.definition import Definition
from harness.layers.finding.plan import LayerCall, Unmatched, call_arguments
from harness.layers.finding.scan import Signature, Source
from harness.layers.library import known_layers

_FORWARD = re.compile(r"^(?P<layer>\w*?)_?forward(?P<kind>(_\w+)?)$", re.IGNORECASE)


def function_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each pair, loss and optimiser that is known, in the order of the file."""
    for signature in source.functions.values():
        if match := _FORWARD.match(signature.name):
            yield from _pair_calls(source, signature, match["layer"], match["kind"])
        elif layer := _layer_named(signature.name.removesuffix("_loss_call"), "loss"):
            yield _loss_call(layer, signature)
        elif layer := _layer_named(signature.name, "optimiser"):
            yield _optimiser_call(layer, signature)


def unknown_pairs(source: Source) -> list[str]:
    """The names of pairs of functions that stand for no known layer."""
    names = [match["layer"] for match in map(_FORWARD.match, source.functions) if match]
    return [name for name in names if _backward(source, name, "") and not _layer_named(name, "layer")]


def _layer_named(name: str, kind: str, signature: Signature | None = None) -> Definition | None:
    """The layer of this name; of several, the one of whose arguments a function takes most."""
    short = name.lower().replace("_", "")
    found = [one for one in known_layers().values() if one.kind == kind and short in one.names]
    if signature is None or len(found) < 2:
        return next(iter(found), None)
    return max(found, key=partial(_fit, signature=signature))


def _fit(layer: Definition, signature: Signature) -> tuple[int, int]:
    """How many arrays of a layer a function takes, and how few options it lacks; (−1, 0) if it cannot be called."""
    try:
        _, arrays, fixed = call_arguments(layer, signature)
    except Unmatched:
        return -1, 0
    return len(arrays), -len(fixed)


def _backward(source: Source, name: str, kind: str) -> list[str]:
    """The backward functions of a forward one: of the same kind, such as _naive, and other forms, such as _alt."""
    start = f"{name}_backward".lstrip("_")
    same = [one for one in source.functions if one == start + kind]
    others = [one for one in source.functions if one.startswith(start) and not kind and one not in same]
    known = {match["kind"] for match in map(_FORWARD.match, source.functions) if match and match["layer"] == name}
    return same + [one for one in others if one.removeprefix(start) not in known]


def _pair_calls(source: Source, forward: Signature, name: str, kind: str) -> Iterator[LayerCall]:
    layer = _layer_named(source_name(source, forward.name) or name, "layer", forward)
    if layer is None:
        return
    for backward in _backward(source, name, kind):
        yield _pair_call(layer, forward, backward)


def source_name(source: Source, function: str) -> str:
    """The layer that LAYERS maps a function to; empty if it does not."""
    return next((layer for layer, names in source.mapped.items() if function in names), "")


def _pair_call(layer: Definition, forward: Signature, backward: str) -> LayerCall:
    title = f"{forward.name}, {backward}"
    try:
        written, arrays, fixed = call_arguments(layer, forward)
    except Unmatched as unmatched:
        return _refused(layer, title, forward, unmatched)
    slopes = tuple(f"d{name}" for name in arrays if layer.arguments[name].differentiable)
    upstream = ", ".join(f"d{name}" for name in layer.results)
    steps = (
        ((*layer.results, "cache"), f"{forward.name}({written})"),
        (slopes, f"{backward}({upstream}, cache)"),
    )
    return LayerCall(layer, title, forward.line, steps, (*layer.results, *slopes), fixed)


def _loss_call(layer: Definition, signature: Signature) -> LayerCall:
    try:
        written, arrays, fixed = call_arguments(layer, signature)
    except Unmatched as unmatched:
        return _refused(layer, signature.name, signature, unmatched)
    slopes = tuple(f"d{name}" for name in arrays if layer.arguments[name].differentiable)
    results = (*layer.results, *slopes)
    return LayerCall(
        layer, signature.name, signature.line, ((results, f"{signature.name}({written})"),), results, fixed
    )


def _optimiser_call(layer: Definition, signature: Signature) -> LayerCall:
    """Several steps, each from the weights and the state of the last one."""
    entries = layer.dictionaries["config"]
    config = "{" + ", ".join(f"{key!r}: {value}" for key, value in entries.items()) + "}"
    steps = []
    for number, result in enumerate(layer.results, start=1):
        before, state = ("w", config) if number == 1 else (layer.results[number - 2], "config")
        steps.append(((result, "config"), f"{signature.name}({before}, dw{number}, {state})"))
    return LayerCall(layer, signature.name, signature.line, tuple(steps), layer.results)


def _refused(layer: Definition, title: str, signature: Signature, unmatched: Unmatched) -> LayerCall:
    found = ", ".join(signature.parameters)
    expected = ", ".join([*layer.arguments, *layer.options, *layer.dictionaries])
    refusal = f"{signature.name}({found}) is not called: {unmatched} is not known; {layer.name} has {expected}"
    return LayerCall(layer, title, signature.line, (), (), refusal=refusal)
