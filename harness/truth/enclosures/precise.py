"""Inputs in numbers of as many digits as one likes, for formulas that are generic in their numbers.

The numbers are midpoints of arb (see harness.balls for the source); `flint.ctx.workprec` sets the bits. They are no
enclosures: where these numbers are used, the precision is far beyond what is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from harness.model.contract import Activation, Array, Inputs, Layer, Network
from harness.model.exact import elementwise
from harness.truth.enclosures.ball_backprop import FUNCTIONS


def precise(inputs: Inputs) -> Inputs:
    """The same floats as precise numbers, exactly, and elementwise activations for them."""
    layers = [
        Layer(numbers(layer.w), numbers(layer.b), _activation(layer.activation.name)) for layer in inputs.network.layers
    ]
    return Inputs(Network(tuple(layers), inputs.network.cost), numbers(inputs.x), numbers(inputs.t))


def numbers(array: Array) -> Array:
    """An array of floats as precise numbers."""
    values: Array = np.frompyfunc(arb, 1, 1)(np.asarray(array, dtype=float))
    return values


def floats(array: Any) -> Array:
    """An array of precise numbers, or one of them, rounded to float64."""
    return np.asarray(np.frompyfunc(float, 1, 1)(array), dtype=float)


def midpoints(network: Network) -> Network:
    """The network with the midpoints of its numbers, since radii would grow with every step; floats have none."""
    mid = elementwise(lambda number: number.mid() if isinstance(number, arb) else number)
    parts = [(part if part.dtype == float else mid(part)) for layer in network.layers for part in (layer.w, layer.b)]
    return network.with_parameters(parts[0::2], parts[1::2])


def _activation(name: str) -> Activation:
    function = FUNCTIONS[name]
    return Activation(name, elementwise(lambda z: function(z)[0]), elementwise(lambda z: function(z)[1]), None)
