"""Random networks with data, on which plans are tried."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from harness.cases.case import HIDDEN_ACTIVATIONS
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS

PROBE_WIDTHS = ((7, 5, 3), (9, 7, 5, 3), (7, 5, 1), (5, 3), (5, 1))  # all different in each network, also with 1 added
PROBE_ROWS = 4
MOST_SEEDS = 40
PINNED = {"sigmoid": "40.0", "tanh": "20.0", "relu": "1.0"}  # f(z) is 1 in float64


def random_inputs(widths: Sequence[int], rows: int, *, has_biases: bool = True) -> Inputs:
    """A network of these sizes, always the same, with `rows` rows; its targets are 0 and 1, one 1 a row if there are
    several outputs. Its weighted inputs have both signs, if they can, so that a relu shows and hides no gradients."""
    found = _inputs_of_seed(widths, has_biases, _best_seed(tuple(widths), has_biases))
    return Inputs(found.network, found.x[:rows], found.t[:rows])


@cache
def _best_seed(widths: tuple[int, ...], has_biases: bool) -> int:
    """The first seed with weighted inputs of both signs for the most hidden activations."""

    def score(seed: int) -> int:
        inputs = _inputs_of_seed(widths, has_biases, seed)
        return sum(_has_both_signs(inputs, hidden) for hidden in HIDDEN_ACTIVATIONS)

    seeds = range(1, 1 + MOST_SEEDS)
    return next((seed for seed in seeds if score(seed) == len(HIDDEN_ACTIVATIONS)), None) or max(seeds, key=score)


def _inputs_of_seed(widths: Sequence[int], has_biases: bool, seed: int) -> Inputs:
    random = np.random.default_rng(seed)
    layers = []
    for fan_in, fan_out in pairwise(widths):
        w, b = random.normal(size=(fan_out, fan_in)) / fan_in**0.5, random.normal(size=fan_out)
        layers.append(Layer(w, b if has_biases else b * 0, ACTIVATIONS["sigmoid"]))
    x, classes = random.normal(size=(8, widths[0])), random.integers(0, max(widths[-1], 2), 8)
    t = np.eye(widths[-1])[classes] if widths[-1] > 1 else classes[:, None] * 1.0
    return Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, t)


def _has_both_signs(inputs: Inputs, hidden: str) -> bool:
    """Whether each layer, with these hidden activations, has positive and negative weighted inputs in the first row;
    or in all rows if it has one unit, of which a single hidden one starts positive and a single output negative."""
    a = inputs.x[:PROBE_ROWS]
    for layer in inputs.network.layers:
        z = a @ layer.w.T + layer.b
        shown = z[0] if len(layer.b) > 1 else z
        if not (shown > 0).any() or not (shown < 0).any():
            return False
        if len(layer.b) == 1 and (z[0, 0] > 0) == (layer is inputs.network.layers[-1]):
            return False
        a = ACTIVATIONS[hidden].f(z)
    return True


def turned(inputs: Inputs) -> Inputs:
    """The same network and targets with other rows x: their numbers in the opposite order."""
    return Inputs(inputs.network, inputs.x[:, ::-1].copy(), inputs.t)
