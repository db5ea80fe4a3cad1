"""Optimisers that are classes: made with their settings, then called with parameters and gradients, step after step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from harness.layers.definition import Definition
from harness.layers.finding.classes.ways import fixed_options, refused, stated, under_conventions
from harness.layers.finding.named import layers_named, plain_name
from harness.layers.finding.plan import CallStep, LayerCall, Unmatched, option_named
from harness.layers.finding.scan import ClassFound, Signature, Source

_UPDATE_METHODS = ("update", "step", "apply_gradients", "optimize")
_RATE_NAMES = {"lr", "learningrate", "alpha", "eta", "stepsize"}
# The parameters and the gradients of one step, and how the new weights are read.
_HOLDERS = (
    ("{{'w': {0}}}", "{{'w': {0}}}", "['w']"),
    ("[{0}]", "[{0}]", "[0]"),
    ("{0}", "{0}", ""),
)


def optimiser_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each class of an optimiser that is known: with dictionaries, lists, and bare arrays."""
    for found in source.classes.values():
        method = next((found.methods[name] for name in _UPDATE_METHODS if name in found.methods), None)
        layers = layers_named(found.name, "optimiser")
        if layers and method and len(method.parameters) == 2:
            try:
                calls = [call for layer in layers for call in _optimiser_ways(layer, found, method)]
            except Unmatched as unmatched:
                yield refused(layers[0], found, unmatched)
            else:
                yield replace(calls[0], others=tuple(calls[1:]))


def _optimiser_ways(layer: Definition, found: ClassFound, method: Signature) -> Iterator[LayerCall]:
    written, taken = _optimiser_settings(layer, found.methods.get("__init__"))
    for holders, (said, variant) in product(_HOLDERS, under_conventions(layer)):
        for fixed in fixed_options(variant, taken):
            shown = replace(variant, options={**variant.options, **fixed})
            steps = tuple(_update_steps(shown, found, method, written, holders))
            convention = stated(fixed, [], *filter(None, [said]))
            yield LayerCall(shown, found.name, found.line, steps, shown.results, fixed, convention=convention)


def _optimiser_settings(layer: Definition, made: Signature | None) -> tuple[str, frozenset[str]]:
    """The arguments of the constructor, and the options among them. Raises Unmatched."""
    written, taken = [], set()
    rate = next((name for name in layer.options if plain_name(name) in _RATE_NAMES), "")
    for parameter in made.parameters if made else ():
        option = option_named(parameter, layer) or (rate if plain_name(parameter) in _RATE_NAMES else "")
        if option:
            written.append(f"{parameter}={option}")
            taken.add(option)
        elif made and parameter in made.required:
            raise Unmatched(parameter)
    return ", ".join(written), frozenset(taken)


def _update_steps(
    layer: Definition, found: ClassFound, method: Signature, written: str, holders: tuple[str, str, str]
) -> Iterator[CallStep]:
    parameters, gradients, key = holders
    yield ("optimiser_",), f"{found.name}({written})"
    yield ("params_",), parameters.format("w.copy()")
    for number, result in enumerate(layer.results, start=1):
        called = f"optimiser_.{method.name}(params_, {gradients.format(f'dw{number}')})"
        # Bare arrays are returned; those in holders are replaced there.
        yield (() if key else ("params_",)), called
        yield (result,), f"params_{key}"
