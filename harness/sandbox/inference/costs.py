"""Which cost a network computes itself, if it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from harness.model.contract import Inputs
from harness.model.costs import COSTS
from harness.sandbox.inference.adapter.plan import FittedFormula
from harness.sandbox.inference.exploring.attempt import CostValues
from harness.sandbox.inference.fit import CLOSE, outputs_of
from harness.sandbox.inference.probes import PROBE_ROWS, random_inputs, turned

_OF_SIGMOID = ("half_squared_error", "binary_cross_entropy")


def shown_cost(formula: FittedFormula, found: Iterable[CostValues]) -> str:
    """The cost of which some values are those of a multiple, with a sigmoid output; empty if there is none, or both."""
    if formula.output != "sigmoid":
        return ""
    shown = {cost for one in found for cost in _OF_SIGMOID if _is_multiple(one, formula, cost)}
    return shown.pop() if len(shown) == 1 else ""


def cost_values_from(data: Mapping[str, Any]) -> CostValues:
    """The values that the process of the file has sent. Raises KeyError, TypeError or ValueError for other data."""
    first, second = map(float, data["values"])
    return CostValues(tuple(map(int, data["widths"])), bool(data["has_biases"]), bool(data["is_row"]), (first, second))


def _is_multiple(found: CostValues, formula: FittedFormula, cost: str) -> bool:
    inputs = random_inputs(found.widths, 1 if found.is_row else PROBE_ROWS, has_biases=found.has_biases)
    true = np.array([_cost_value(one, formula, cost) for one in (inputs, turned(inputs))])
    values = np.array(found.values)
    if not np.isfinite(values).all() or not values.all():
        return False
    return bool(np.abs(values * (true[0] / values[0]) - true).max() <= CLOSE * np.abs(true).max())


def _cost_value(inputs: Inputs, formula: FittedFormula, cost: str) -> float:
    return float(COSTS[cost].value(outputs_of(inputs, formula), inputs.t))
