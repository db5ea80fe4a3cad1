"""Whether a file computes as for sigmoids everywhere: then it may be right for the networks that it was written for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.judging.arithmetic.observation import Observation, observed
from harness.judging.arithmetic.parts import quantities
from harness.judging.conventions import Convention
from harness.judging.judge import Outcome, standard_of
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import rounded_inputs

SQUARED = "half_squared_error"
COMPARED_CASES = 20  # failing cases, the smallest ones


def is_for_sigmoid_only(outcomes: Sequence[Outcome], convention: Convention) -> bool:
    """Whether the numbers out of bounds are those of sigmoids in every layer, with the squared error or the given cost,
    within rounding; and some network has other activations.

    For softmax's cross-entropy stands that of sigmoids, with the same δ^L = a^L − t.
    """
    failing = sorted((one for one in outcomes if one.out_of_bounds), key=lambda one: one.trial.inputs.work)
    networks = [one.trial.inputs.network for one in failing]
    if all(layer.activation.name == "sigmoid" for network in networks for layer in network.layers):
        return False
    observations = [one for outcome in failing[:COMPARED_CASES] for one in _observed(outcome, convention)]
    return any(
        all(
            _is_of_sigmoids(one, logarithmic if one.inputs.network.cost.name != SQUARED else SQUARED)
            for one in observations
        )
        for logarithmic in ("binary_cross_entropy", SQUARED)
    )


def _observed(outcome: Outcome, convention: Convention) -> list[Observation]:
    trial, case = outcome.trial, outcome.trial.case
    values = {key: outcome.quantities[key] for key in outcome.judgements}
    standards = {key: standard_of(key, one, trial, convention) for key, one in values.items()}
    return observed(values, standards, trial.inputs, case.learning_rate, case.dtype, convention)


def _is_of_sigmoids(one: Observation, cost: str) -> bool:
    layers = [Layer(layer.w, layer.b, ACTIVATIONS["sigmoid"]) for layer in one.inputs.network.layers]
    inputs = Inputs(Network(tuple(layers), COSTS[cost]), one.inputs.x, one.inputs.t)
    names = {name for name, _ in one.values}
    with np.errstate(all="ignore"):
        found = quantities(Textbook, rounded_inputs(inputs, one.dtype), one.learning_rate, one.scale, names)
        return all(
            (np.abs(value - found[key].value) <= 2 * found[key].error).all() for key, value in one.values.items()
        )
