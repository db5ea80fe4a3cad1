"""Random networks with data, on which plans are tried."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, pairwise

import numpy as np

from harness.cases.case import HIDDEN_ACTIVATIONS
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS

PROBE_ROWS = 4
PINNED = {"sigmoid": "40.0", "tanh": "20.0", "relu": "1.0"}  # f(z) is 1 in float64


def random_inputs(widths: Sequence[int], rows: int, *, has_biases: bool = True) -> Inputs:
    """A network of these sizes, always the same, with `rows` rows; its targets are 0 and 1, one 1 a row if there are
    several outputs. Whatever the activations are, its first row has gradients that are not 0."""
    seeds = (_inputs_of_seed(widths, has_biases, seed) for seed in count(1))
    found = next(one for one in seeds if all(_is_active(one, hidden) for hidden in HIDDEN_ACTIVATIONS))
    return Inputs(found.network, found.x[:rows], found.t[:rows])


def _inputs_of_seed(widths: Sequence[int], has_biases: bool, seed: int) -> Inputs:
    random = np.random.default_rng(seed)
    layers = []
    for fan_in, fan_out in pairwise(widths):
        w, b = random.normal(size=(fan_out, fan_in)) / fan_in**0.5, random.normal(size=fan_out)
        layers.append(Layer(w, b if has_biases else b * 0, ACTIVATIONS["sigmoid"]))
    x, classes = random.normal(size=(8, widths[0])), random.integers(0, max(widths[-1], 2), 8)
    t = np.eye(widths[-1])[classes] if widths[-1] > 1 else classes[:, None] * 1.0
    return Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, t)


def _is_active(inputs: Inputs, hidden: str) -> bool:
    """Whether relu units in each layer would not be 0 in the first row, with these hidden activations."""
    a = inputs.x[0]
    for layer in inputs.network.layers:
        z = layer.w @ a + layer.b
        if not (z > 0).any():
            return False
        a = ACTIVATIONS[hidden].f(z)
    return True


def turned(inputs: Inputs) -> Inputs:
    """The same network and targets with other rows x: their numbers in the opposite order."""
    return Inputs(inputs.network, inputs.x[:, ::-1].copy(), inputs.t)
