"""Backprop in enclosures, for networks that are too large for ball arithmetic.

Matrix products use error-free slices, and activations use double-double arithmetic. The result has the same meaning as
that of harness.truth.enclosures.ball_backprop, with the same conventions at kinks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.enclosures.double_double import (
    FUNCTION_ERROR,
    SMALLEST_SUBNORMAL,
    DoubleDouble,
    exp,
    exp_and_expm1,
    log1p,
    to_double_double,
    where_double,
)
from harness.truth.enclosures.enclosed_matmul import enclosed_product, slice_weights, sum_of_outer_products
from harness.truth.enclosures.enclosure import ROUND_UP, Enclosure, Truth

# Relative and absolute error of a value computed from one exponential by at most six operations.
EVALUATION_ERROR = 8 * FUNCTION_ERROR
EVALUATION_UNDERFLOW = 16 * SMALLEST_SUBNORMAL

ValueAndSlope = tuple[Enclosure, Enclosure]  # f(z) and f'(z)


def backprop_in_enclosures(inputs: Inputs) -> Truth:
    """Forward pass and BP1 to BP4. Cost: parameters × rows.

    BP1 is δ^L = a^L − t for the canonical output of the cost, and (a^L − t) ⊙ f'(z^L) otherwise, as for half the
    squared error; other pairs of cost and output are not supported. Raises ValueError for too long sums.
    """
    layers = inputs.network.layers
    a, z, slopes = [Enclosure.from_floats(inputs.x)], [], []
    weights = [slice_weights(layer.w) for layer in layers]
    for layer, w in zip(layers, weights, strict=True):
        z.append(enclosed_product(a[-1], w.transposed).add_floats(layer.b.astype(np.float64)))
        values, derivatives = activate_in_enclosures(layer.activation.name, z[-1])
        a.append(values)
        # The slope at the midpoint: harness.truth.bounds.kinks bounds what the other slope would change.
        has_kink = layer.activation.name in ("relu", "leaky_relu")
        slopes.append(Enclosure.from_floats(derivatives.high) if has_kink else derivatives)

    delta = [a[-1].add_floats(-inputs.t.astype(np.float64))]  # BP1
    if not inputs.network.is_canonical:
        delta[0] *= slopes[-1]  # BP1
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, enclosed_product(delta[0], weights[l]) * slopes[l - 1])  # BP2

    del weights  # they take several times the memory of the network
    pairs = zip(delta, a[:-1], strict=True)
    parameters = [sum_of_outer_products(d, layer_input.with_ones_column) for d, layer_input in pairs]  # BP3, BP4
    return Truth(tuple(z), tuple(a), tuple(delta), tuple(parameters))


def activate_in_enclosures(name: str, z: Enclosure) -> ValueAndSlope:
    """f(z) and f'(z), [n, m]. For softmax the second is f(z) again: its derivative is not needed."""
    if name == "softmax":
        return (_enclosed_softmax(z),) * 2
    with np.errstate(over="ignore"):  # a radius that overflows decides nothing
        a, slope = z.map_pieces(_ENCLOSED_FUNCTIONS[name])
    return a, slope


def _with_evaluation_error(value: DoubleDouble, propagated: Array) -> Enclosure:
    """The value with a radius for its evaluation error and the propagated radius of z."""
    radius = propagated + EVALUATION_ERROR * np.abs(value.high) + EVALUATION_UNDERFLOW
    return Enclosure.from_operation(value, radius)


def _propagated_radius(slope: DoubleDouble, radius: Array, growth: int = 1) -> Array:
    """The largest change of a function when z changes by `radius`, if its slope grows by at most e^(growth · |dz|)."""
    return np.asarray((slope.high + EVALUATION_UNDERFLOW) * np.exp(growth * radius) * radius)


def _logistic(z: Enclosure) -> tuple[DoubleDouble, DoubleDouble, DoubleDouble, Array]:
    """e^-|z|, σ(z), σ'(z), and the propagated radius of both σ and σ', because |σ''| <= σ'."""
    e = exp(_minus_abs(z.midpoint))
    sigma = where_double(z.high > 0, to_double_double(np.ones_like(z.high)), e) / (e + 1.0)
    slope = e / ((e + 1.0) * (e + 1.0))
    return e, sigma, slope, _propagated_radius(slope, z.radius)


def _minus_abs(z: DoubleDouble) -> DoubleDouble:
    return where_double(z.high > 0, -z, z)


def _enclosed_sigmoid(z: Enclosure) -> ValueAndSlope:
    _, sigma, slope, propagated = _logistic(z)
    return _with_evaluation_error(sigma, propagated), _with_evaluation_error(slope, propagated)


def _enclosed_softplus(z: Enclosure) -> ValueAndSlope:
    e, sigma, _, propagated = _logistic(z)
    a = log1p(e) + where_double(z.high > 0, z.midpoint, to_double_double(np.zeros_like(z.high)))
    # f' = σ, so f'' = σ' <= f'.
    value = _with_evaluation_error(a, _propagated_radius(sigma, z.radius))
    return value, _with_evaluation_error(sigma, propagated)


def _enclosed_tanh(z: Enclosure) -> ValueAndSlope:
    e, expm1 = exp_and_expm1(_minus_abs(z.midpoint).scaled_by_power(2.0))
    size = -expm1 / (e + 1.0)
    slope = (e / ((e + 1.0) * (e + 1.0))).scaled_by_power(4.0)
    propagated = _propagated_radius(slope, z.radius, 2)  # |tanh''| <= 2 tanh'
    value = _with_evaluation_error(where_double(z.high > 0, size, -size), propagated)
    return value, _with_evaluation_error(slope, 2 * propagated)


def _enclosed_identity(z: Enclosure) -> ValueAndSlope:
    return z, Enclosure.from_floats(np.ones_like(z.high))


def _enclosed_relu(negative_slope: float) -> Callable[[Enclosure], ValueAndSlope]:
    """z for z > 0, else negative_slope · z, with this slope at 0; both branches where the radius allows both."""

    def relu(z: Enclosure) -> ValueAndSlope:
        below, is_ambiguous = z.high <= 0, (np.abs(z.high) <= z.radius) & (z.radius > 0)
        negative = z.scaled(negative_slope) if negative_slope else Enclosure.from_floats(np.zeros_like(z.high))
        branches = ((negative.high, z.high), (negative.low, z.low), (negative.radius, z.radius))
        a = Enclosure(*(np.where(below, if_below, if_above) for if_below, if_above in branches))
        a.radius[is_ambiguous] += (np.abs(z.high) + z.radius)[is_ambiguous] * ROUND_UP
        slope = Enclosure.from_floats(np.where(below, negative_slope, 1.0))
        slope.radius[is_ambiguous] = 1.0
        return a, slope

    return relu


def _enclosed_softmax(z: Enclosure) -> Enclosure:
    """exp(z − max z) of each row, divided by its sum; the largest exponential is 1, so none overflows."""
    shifted = z.add_floats(-z.high.max(axis=1, keepdims=True))
    with np.errstate(over="ignore"):
        e = exp(shifted.midpoint)
        e_radius = _propagated_radius(e, shifted.radius) + EVALUATION_ERROR * e.high + EVALUATION_UNDERFLOW
    total = e.row_sums()
    total_radius = e_radius.sum(axis=1, keepdims=True) + EVALUATION_ERROR * total.high
    a, smallest_total = e / total, np.maximum(total.high * (1 - 2.0**-50) - total_radius, 0.0)
    with np.errstate(divide="ignore"):
        return Enclosure.from_operation(a, (e_radius + a.high * total_radius) / smallest_total * ROUND_UP)


_ENCLOSED_FUNCTIONS: dict[str, Callable[[Enclosure], ValueAndSlope]] = {
    "sigmoid": _enclosed_sigmoid,
    "tanh": _enclosed_tanh,
    "relu": _enclosed_relu(0.0),
    "leaky_relu": _enclosed_relu(0.01),
    "softplus": _enclosed_softplus,
    "identity": _enclosed_identity,
}
