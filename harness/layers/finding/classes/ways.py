"""What the source of a class leaves open: values that it may fix in its code, matrices that it may store transposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from harness.layers.definition import Definition
from harness.layers.finding.plan import LayerCall, Unmatched
from harness.layers.finding.scan import ClassFound

# Values of options that a class may fix in its code.
_USUAL_VALUES = dict.fromkeys(("eps", "epsilon"), (1e-5, 1e-7, 1e-8, 1e-6, 1e-3, 1e-12))

# Orders of the gates as places in the definition's: input, forget, output, candidate.
_GATES = {"1302": "f, g, i, o", "0132": "i, f, g, o"}


def refused(layer: Definition, found: ClassFound, unmatched: Unmatched) -> LayerCall:
    """A plan that says why a class is not called."""
    expected = ", ".join([*layer.arguments, *layer.options])
    refusal = f"{found.name} is not called: {unmatched} is not known; {layer.name} has {expected}"
    return LayerCall(layer, found.name, found.line, (), (), refusal=refusal)


def fixed_options(layer: Definition, taken: frozenset[str]) -> list[dict[str, Any]]:
    """The values of the options that a class does not take: the definition's, then the usual ones of each."""
    fixed = {name: default for name, default in layer.options.items() if name not in taken}
    several = [dict.fromkeys((default, *_USUAL_VALUES.get(name, ()))) for name, default in fixed.items()]
    return [dict(zip(fixed, values, strict=True)) for values in product(*several)]


def under_conventions(layer: Definition) -> list[tuple[str, Definition]]:
    """The layer as it is, then under each of its conventions, with what is said of it."""
    return [("", layer), *((said, layer.under(said)) for said in layer.conventions)]


def block_orders(layer: Definition) -> list[str]:
    """The orders that the blocks of an LSTM's matrices may have in a file, that of the definition first."""
    return ["", *_GATES] if layer.name.startswith("LSTM") else [""]


def is_blocked(layer: Definition, name: str) -> bool:
    """Whether an argument has a block of columns for each gate."""
    return layer.arguments[name].shape.endswith("4H")


def is_matrix(layer: Definition, name: str) -> bool:
    """Whether an argument has two axes."""
    return len(layer.arguments[name].shape.split()) == 2


def stated(fixed: Mapping[str, Any], turned: Sequence[str], *others: str, blocks: str = "") -> str:
    """The conventions of a way to call a class, as a sentence."""
    gates = [f"the order of the gates is {said}" for order, said in _GATES.items() if order == blocks]
    values = [f"{name} is {fixed[name]:g}, fixed in the class" for name in _USUAL_VALUES if name in fixed]
    return "; ".join([*(f"{name} is stored transposed" for name in turned), *others, *gates, *values])
