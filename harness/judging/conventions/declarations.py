"""The values that a file may give to the constants of harness.judging.conventions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from harness.model.costs import COSTS
from harness.sandbox.answers import Fault

# One reduction for all costs, or those that are no sums, by cost.
Reduction: TypeAlias = str | tuple[tuple[str, str], ...]
LARGEST_FACTOR = 2.0**20  # of a penalty, of a fixed rate, and of its inverse
CONVENTION_VALUES: dict[str, tuple[Any, ...]] = {
    "reduction": ("sum", "mean", "mean over outputs", "mean over rows and outputs"),
    "half": (True, False),
    "sign": ("positive", "negative"),
    "layout": ("out, in", "in, out"),
    "bias": ("apart", "first row", "last row", "first column", "last column", "none"),
    "l2_half": (True, False),
    "l2_biases": (False, True),
    "l2_divided": (False, True),
    "targets": ("values", "labels"),
    "subgradient": ("left", "any"),
}


def read_declarations(constants: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Convention, from the constants of a file by their names in capitals.

    Raises Fault for an unknown value, and for values that do not fit together.
    """
    fields: dict[str, Any] = {name.lower(): _checked_value(name, value) for name, value in constants.items()}
    if not fields.get("l2"):
        for name in [name for name in constants if name.startswith("L2_")]:
            found = f"declares {name} = {constants[name]!r}"
            raise Fault("declaration", f"{found}; it needs a penalty, expected L2 = a number above 0")
    bias, layout = fields.get("bias", "apart"), fields.get("layout", "out, in")
    needed = "in, out" if bias.endswith("row") else "out, in"
    if is_bias_in_w(bias) and layout != needed:
        raise Fault("declaration", f"declares BIAS = {bias!r}; it needs LAYOUT = {needed!r}")
    return fields


def is_bias_in_w(bias: str) -> bool:
    """Whether the returned w has the bias in a row or a column."""
    return bias.endswith(("row", "column"))


def _checked_value(name: str, value: Any) -> Any:
    if name in ("L2", "LEARNING_RATE"):
        return _checked_number(name, value)
    allowed = CONVENTION_VALUES[name.lower()]
    expected = f"one of {', '.join(map(repr, allowed))}"
    if name == "REDUCTION":
        if isinstance(value, Mapping) and value.keys() <= COSTS.keys() and set(value.values()) <= set(allowed):
            return reduction_by_cost(value)
        expected += f", or a dictionary with one of these for {', '.join(map(repr, COSTS))}"
    if not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
        raise Fault("declaration", f"declares {name} = {value!r}, expected {expected}")
    return value


def _checked_number(name: str, value: Any) -> Any:
    """A penalty or a fixed rate; extreme ones would drown the gradient in rounding, and nothing could be judged."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    if name == "L2" and not (is_number and 0 <= value <= LARGEST_FACTOR):
        expected = "the factor of the penalty, a number from 0 to 2^20"
        raise Fault("declaration", f"declares L2 = {_short(value)}, expected {expected}")
    fits = is_number and 1 / LARGEST_FACTOR <= value <= LARGEST_FACTOR
    if name == "LEARNING_RATE" and value is not None and not fits:
        expected = "a positive number, or None (from 2^-20 to 2^20)"
        raise Fault("declaration", f"declares LEARNING_RATE = {_short(value)}, expected {expected}")
    return value


def _short(value: Any) -> str:
    return repr(value)[:40]


def reduction_by_cost(reductions: Mapping[str, str]) -> Reduction:
    """The reduction of each cost as one value: a sum for those that are left out, one word if all are the same."""
    every = {cost: reductions.get(cost, "sum") for cost in COSTS}
    if len(set(every.values())) == 1:
        return next(iter(every.values()))
    return tuple((cost, reduction) for cost, reduction in every.items() if reduction != "sum")
