"""Backprop in enclosures, for networks of more numbers than there can be balls: matrix products by slices,
activations in double-double.

What comes out is what harness.balls gives, with the same conventions at the kinks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.enclosures.double_double import (
    FUNCTION,
    SMALLEST,
    Double,
    double,
    exp,
    exp_and_expm1,
    log1p,
    where,
)
from harness.truth.enclosures.enclosed_matmul import sum_of_outer_products, times, weights
from harness.truth.enclosures.enclosure import ROUND_UP, Enclosure, Truth

STATED = 8 * FUNCTION  # relative error of what is made of one exponential by at most six operations
LOST = 16 * SMALLEST  # the absolute error of the same, at the bottom of the range

Pair = tuple[Enclosure, Enclosure]  # f(z) and f'(z)


def backprop(inputs: Inputs) -> Truth:
    """Forward pass and BP1 to BP4. The cost must be met with an output activation that it is defined with."""
    layers = inputs.network.layers
    a, z, slopes = [Enclosure.exactly(inputs.x)], [], []
    ws = [weights(layer.w) for layer in layers]
    for layer, w in zip(layers, ws, strict=True):
        z.append(times(a[-1], w.transposed).plus(layer.b.astype(np.float64)))
        values, derivatives = activate(layer.activation.name, z[-1])
        a.append(values)
        slopes.append(derivatives)

    delta = [a[-1].plus(-inputs.t.astype(np.float64))]  # BP1
    if not inputs.network.is_canonical:
        delta[0] *= slopes[-1]  # BP1
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0], ws[l]) * slopes[l - 1])  # BP2

    del ws  # as large as several networks
    parameters = [sum_of_outer_products(d, one.beside_ones) for d, one in zip(delta, a[:-1], strict=True)]  # BP3, BP4
    return Truth(tuple(z), tuple(a), tuple(delta), tuple(parameters))


def activate(name: str, z: Enclosure) -> Pair:
    """f(z) and f'(z), [n, m]; for softmax, whose derivative nobody asks for, f(z) twice."""
    if name == "softmax":
        return (_softmax(z),) * 2
    with np.errstate(over="ignore"):  # what a radius overflows to decides nothing
        a, slope = z.in_pieces(_RULES[name])
    return a, slope


def _stated(value: Double, moved: Array) -> Enclosure:
    """A value with the error of its computation, and what the radius of z moves it by."""
    return Enclosure.around(value, moved + STATED * np.abs(value.high) + LOST)


def _moved(slope: Double, radius: Array, growth: int = 1) -> Array:
    """By how much a radius moves a value whose slope grows by a factor of e^(growth · |dz|) at most."""
    return np.asarray((slope.high + LOST) * np.exp(growth * radius) * radius)


def _logistic(z: Enclosure) -> tuple[Double, Double, Double, Array]:
    """e^-|z|, σ(z), σ'(z), and by how much a radius moves the latter two, as |σ''| <= σ'."""
    e = exp(_minus_abs(z.middle))
    sigma = where(z.high > 0, double(np.ones_like(z.high)), e) / (e + 1.0)
    slope = e / ((e + 1.0) * (e + 1.0))
    return e, sigma, slope, _moved(slope, z.radius)


def _minus_abs(z: Double) -> Double:
    return where(z.high > 0, -z, z)


def _sigmoid(z: Enclosure) -> Pair:
    _, sigma, slope, moved = _logistic(z)
    return _stated(sigma, moved), _stated(slope, moved)


def _softplus(z: Enclosure) -> Pair:
    e, sigma, _, moved = _logistic(z)
    a = log1p(e) + where(z.high > 0, z.middle, double(np.zeros_like(z.high)))
    # f' = σ, so that f'' = σ' <= f'.
    return _stated(a, _moved(sigma, z.radius)), _stated(sigma, moved)


def _tanh(z: Enclosure) -> Pair:
    e, less_one = exp_and_expm1(_minus_abs(z.middle).scaled(2.0))
    size = -less_one / (e + 1.0)
    slope = (e / ((e + 1.0) * (e + 1.0))).scaled(4.0)
    moved = _moved(slope, z.radius, 2)  # |tanh''| <= 2 tanh'
    return _stated(where(z.high > 0, size, -size), moved), _stated(slope, 2 * moved)


def _identity(z: Enclosure) -> Pair:
    return z, Enclosure.exactly(np.ones_like(z.high))


def _hinge(leak: float) -> Callable[[Enclosure], Pair]:
    """z above 0 and leak · z below, with the slope `leak` at 0 itself; both where rounding hides which."""

    def hinge(z: Enclosure) -> Pair:
        below, unclear = z.high <= 0, (np.abs(z.high) <= z.radius) & (z.radius > 0)
        low_side = z.times(leak) if leak else Enclosure.exactly(np.zeros_like(z.high))
        sides = ((low_side.high, z.high), (low_side.low, z.low), (low_side.radius, z.radius))
        a = Enclosure(*(np.where(below, one, other) for one, other in sides))
        a.radius[unclear] += (np.abs(z.high) + z.radius)[unclear] * ROUND_UP
        slope = Enclosure.exactly(np.where(below, leak, 1.0))
        slope.radius[unclear] = 1.0
        return a, slope

    return hinge


def _softmax(z: Enclosure) -> Enclosure:
    """Each row's exponentials over their sum; that of the largest z is 1, whatever its size."""
    below = z.plus(-z.high.max(axis=1, keepdims=True))
    with np.errstate(over="ignore"):
        e = exp(below.middle)
        e_radius = _moved(e, below.radius) + STATED * e.high + LOST
    total = e.sum()
    total_radius = e_radius.sum(axis=1, keepdims=True) + STATED * total.high
    a, least = e / total, np.maximum(total.high * (1 - 2.0**-50) - total_radius, 0.0)
    with np.errstate(divide="ignore"):
        return Enclosure.around(a, (e_radius + a.high * total_radius) / least * ROUND_UP)


_RULES: dict[str, Callable[[Enclosure], Pair]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _hinge(0.0),
    "leaky_relu": _hinge(0.01),
    "softplus": _softplus,
    "identity": _identity,
}
