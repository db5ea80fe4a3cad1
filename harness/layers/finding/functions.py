"""Pairs of functions X_forward and X_backward, losses X_loss, and optimisers, as the courses name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from harness.layers.definition import Definition
from harness.layers.finding.named import layer_named, layers_named
from harness.layers.finding.plan import CallStep, LayerCall, Unmatched, call_arguments, dictionary_literal
from harness.layers.finding.scan import Signature, Source
from harness.layers.library import known_layers

_FORWARD = re.compile(r"^(?P<layer>\w*?)_?forward(?P<kind>(_\w+)?)$", re.IGNORECASE)


def function_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each pair, loss and optimiser that is known, in the order of the file."""
    stubs = {signature.name for signature in source.functions.values() if signature.is_stub}
    for plan in _known_calls(source):
        left = [name for name in plan.title.split(", ") if name in stubs]
        yield replace(plan, steps=(), others=(), not_written=f"{left[0]} returns None") if left else plan


def _known_calls(source: Source) -> Iterator[LayerCall]:
    entries = {name: names for name, names in source.mapped.items() if names and _layers_mapped_by(name)}
    mapped = {names[0]: (name, *names[1:]) for name, names in entries.items()}
    for signature in source.functions.values():
        if signature.name in mapped:
            yield from _mapped_call(signature, *mapped[signature.name])
        elif match := _FORWARD.match(signature.name):
            yield from _pair_calls(source, signature, match["layer"], match["kind"])
        elif layers := layers_named(signature.name, "loss"):
            yield _in_every_way(layers, partial(_loss_call, signature=signature))
        elif layers := layers_named(signature.name, "optimiser"):
            yield _in_every_way(layers, partial(_optimiser_call, signature=signature))


def _in_every_way(layers: Sequence[Definition], call: Callable[[Definition], LayerCall]) -> LayerCall:
    """The call of the layer of whose arguments a function takes most, under each convention."""
    calls = [call(layer) for layer in layers]
    layer, first = max(zip(layers, calls, strict=True), key=lambda pair: _arguments_taken(*pair))
    others = tuple(replace(call(layer.under(said)), convention=said) for said in layer.conventions)
    return replace(first, others=others)


def _arguments_taken(layer: Definition, call: LayerCall) -> tuple[int, int]:
    """How many arrays and options of a layer a call gives; (−1, 0) if there is no call."""
    return (len(layer.arguments), len(layer.options) - len(call.fixed)) if call.steps else (-1, 0)


def unknown_pairs(source: Source) -> list[str]:
    """The names of pairs of functions that stand for no known layer."""
    names = [match["layer"] for match in map(_FORWARD.match, source.functions) if match]
    return [name for name in names if _backward(source, name, "") and not layer_named(name, "layer")]


def _backward(source: Source, name: str, kind: str) -> list[str]:
    """The backward functions of a forward one: of the same kind, such as _naive, and other forms, such as _alt."""
    start = f"{name}_backward".lstrip("_")
    same = [one for one in source.functions if one == start + kind]
    others = [one for one in source.functions if one.startswith(start) and not kind and one not in same]
    known = {match["kind"] for match in map(_FORWARD.match, source.functions) if match and match["layer"] == name}
    return same + [one for one in others if one.removeprefix(start) not in known]


def _pair_calls(source: Source, forward: Signature, name: str, kind: str) -> Iterator[LayerCall]:
    layers = layers_named(name, "layer")
    if not layers:
        return
    for backward in _backward(source, name, kind):
        yield _in_every_way(layers, partial(_pair_call, forward=forward, backward=backward))
    for layer in layers_named(name, "forward"):
        with suppress(Unmatched):
            call_arguments(layer, forward)
            yield _in_every_way([layer], partial(_forward_call, forward=forward))


def mapping_faults(source: Source) -> list[str]:
    """What is wrong with the entries of LAYERS, a sentence each."""
    faults = []
    for name, functions in source.mapped.items():
        layers = _layers_mapped_by(name)
        missing = [one for one in functions if one not in source.functions]
        if not layers:
            faults.append(f"LAYERS has {name!r}, which is no layer here; the names are in reports/layers.md")
        elif missing or not functions:
            found = repr(missing[0]) if any(missing) else "something else"
            faults.append(f"LAYERS: {name!r} must stand for functions of this file, found {found}")
        elif len(functions) != (needed := 2 if layers[0].kind == "layer" else 1):
            faults.append(f"LAYERS: {name!r} needs {needed} function{'s' * (needed > 1)}, found {len(functions)}")
    return faults


def _layers_mapped_by(name: str) -> list[Definition]:
    own = [layer for layer in known_layers().values() if layer.name == name]
    return own or layers_named(name, "layer", "loss", "optimiser")


def _mapped_call(signature: Signature, named: str, *backward: str) -> Iterator[LayerCall]:
    """The call of what LAYERS maps a layer's name to: a forward and a backward function, or one function."""
    layers = _layers_mapped_by(named)
    if not layers or len(backward) != (1 if layers[0].kind == "layer" else 0):
        return
    if backward:
        yield _in_every_way(layers, partial(_pair_call, forward=signature, backward=backward[0]))
    else:
        call = _optimiser_call if layers[0].kind == "optimiser" else _loss_call
        yield _in_every_way(layers, partial(call, signature=signature))


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


def _forward_call(layer: Definition, forward: Signature) -> LayerCall:
    """One more thing that a forward function does, and the entries that it sets in a dictionary. Raises Unmatched."""
    written, _, fixed = call_arguments(layer, forward)
    results = () if layer.updates else layer.results
    steps: list[CallStep] = []
    for parameter in layer.updates:
        literal = dictionary_literal(layer, parameter)
        steps.append(((parameter,), literal))
        written = written.replace(literal, parameter)
    steps.append(((*(results or ("out",)), "cache"), f"{forward.name}({written})"))
    for parameter, entries in layer.updates.items():
        # A function without results is not written yet, although it may set the entries.
        steps += [((result,), f"None if out is None else {parameter}[{key!r}]") for key, result in entries.items()]
    return LayerCall(layer, forward.name, forward.line, tuple(steps), layer.results, fixed)


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
    if len(signature.parameters) != 3 or signature.parameters[2] not in layer.dictionaries:
        found = ", ".join(signature.parameters)
        refusal = f"{signature.name}({found}) is not called: an optimiser is known as {signature.name}(w, dw, config)"
        return LayerCall(layer, signature.name, signature.line, (), (), refusal=refusal)
    steps = []
    for number, result in enumerate(layer.results, start=1):
        start = ("w.copy()", dictionary_literal(layer, "config"))  # the weights may be updated in place
        before, state = start if number == 1 else (layer.results[number - 2], "config")
        steps.append(((result, "config"), f"{signature.name}({before}, dw{number}, {state})"))
    return LayerCall(layer, signature.name, signature.line, tuple(steps), layer.results)


def _refused(layer: Definition, title: str, signature: Signature, unmatched: Unmatched) -> LayerCall:
    found = ", ".join(signature.parameters)
    expected = ", ".join([*layer.arguments, *layer.options, *layer.dictionaries])
    refusal = f"{signature.name}({found}) is not called: {unmatched} is not known; {layer.name} has {expected}"
    return LayerCall(layer, title, signature.line, (), (), refusal=refusal)
