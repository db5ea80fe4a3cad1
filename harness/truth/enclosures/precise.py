"""Inputs as numbers of arbitrary precision, for formulas that accept any type of number.

The numbers are midpoints of arb (Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic",
IEEE Transactions on Computers 66, 2017); `flint.ctx.workprec` sets the bits. They are not enclosures: the precision is
chosen far higher than the result needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from harness.model.contract import Activation, Array, Inputs, Layer, Network
from harness.model.exact import elementwise
from harness.truth.enclosures.ball_backprop import BALL_FUNCTIONS


def precise_inputs(inputs: Inputs) -> Inputs:
    """The inputs, converted exactly, with activations that accept such numbers. Softmax raises KeyError."""
    layers = [
        Layer(to_precise(layer.w), to_precise(layer.b), _precise_activation(layer.activation.name))
        for layer in inputs.network.layers
    ]
    return Inputs(Network(tuple(layers), inputs.network.cost), to_precise(inputs.x), to_precise(inputs.t))


def to_precise(array: Array) -> Array:
    """An array of floats as an object array of the same shape, of exact arb numbers."""
    values: Array = np.frompyfunc(arb, 1, 1)(np.asarray(array, dtype=float))
    return values


def to_float64(array: Any) -> Array:
    """An array of arb numbers, or a single one, rounded to float64."""
    return np.asarray(np.frompyfunc(float, 1, 1)(array), dtype=float)


def midpoints(network: Network) -> Network:
    """The network with each arb number replaced by its midpoint, because radii grow with every step."""
    mid = elementwise(lambda number: number.mid() if isinstance(number, arb) else number)
    parts = [(part if part.dtype == float else mid(part)) for layer in network.layers for part in (layer.w, layer.b)]
    return network.with_parameters(parts[0::2], parts[1::2])


def _precise_activation(name: str) -> Activation:
    function = BALL_FUNCTIONS[name]
    return Activation(name, elementwise(lambda z: function(z)[0]), elementwise(lambda z: function(z)[1]), None)
