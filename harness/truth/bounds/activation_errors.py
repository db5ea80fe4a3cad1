"""How each activation answers to an error of its argument, and what it adds by its own rounding.

Taylor's formula at the true z, with the second derivative bounded over all z̃ that are within E_z of it: by the slope
where f is steepest there, which is 0 far from the origin however large E_z is. Every evaluation is allowed that does
not cancel: 1 / (1 + e^{-z}) and e^z / (1 + e^z), log1p(e^z) and z + log1p(e^{-z}),
f' from z by exponentials or by cosh; and from the output, by 1 − e^{-o}, 1 − o², o(1 − o) or o − o².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array
from harness.truth.bounds.affine import Affine
from harness.truth.bounds.float_format import OUTWARD, Arithmetic


@dataclass(frozen=True, eq=False)
class Response:
    """At z, for errors up to E_z, all [n, n_l]: f'(z); f''(z); the error of a beyond f' times that of z; and that of f'
    beyond f'' times that of z, in the less accurate of its forms."""

    slope: Array
    bend: Array
    own: Array
    own_slope: Array

    def outputs(self, z: Affine) -> Affine:
        """The errors of a = f(z), without f's own."""
        return z.times(self.slope)

    def slope_error(self, e_z: Array) -> Array:
        """|error of f'|."""
        return np.asarray(np.abs(self.bend) * e_z + self.own_slope)


@dataclass(frozen=True, eq=False)
class Softmax(Response):
    """Softmax, whose derivative is a ⊙ (e − Σ a e). It is met in BP1 only, with its cost: no slope is asked for."""

    a: Array

    def outputs(self, z: Affine) -> Affine:
        a, likeliest = self.a[:, :, None], self.a.argmax(axis=1)[:, None, None]
        # What moves all logits moves nothing; against the likeliest, nothing cancels where it takes all.
        apart = z.signed - np.take_along_axis(z.signed, likeliest, axis=1)
        signed = a * (apart - (a * apart).sum(axis=1, keepdims=True))
        return Affine.of(signed, self.a * _apart(z.rest, self.a))


def _apart(sizes: Array, a: Array) -> Array:
    """How far one exponential and the others, weighted by a, may move apart: (1 − a_i) s_i + Σ_{k≠i} a_k s_k."""
    return np.asarray(_others(a) * sizes + _others(a * sizes))


def _others(values: Array) -> Array:
    """Σ_{k≠i} values of each row, [n, m], none of them negative, without cancellation."""
    largest = values.argmax(axis=1)[:, None]
    smaller = values.copy()
    np.put_along_axis(smaller, largest, 0.0, axis=1)
    found = values.sum(axis=1, keepdims=True) - values
    np.put_along_axis(found, largest, smaller.sum(axis=1, keepdims=True), axis=1)
    return np.asarray(found)


def _least(size: Array, error: Array) -> Array:
    """The smallest size within an error."""
    return np.asarray(np.maximum(size - OUTWARD * error, 0))


def _logistic_slope(size: Array) -> Array:
    """σ'(±size)."""
    e = np.exp(-size)
    return np.asarray(e / (1 + e) ** 2)


# From z, a = f(z) and E_z.
Rule = Callable[[Array, Array, Array, Arithmetic], Response]


def _sigmoid(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    f, u = machine.relative, machine.u
    slope = _logistic_slope(np.abs(z))
    near = _logistic_slope(_least(np.abs(z), e_z))  # |σ''| ≤ σ' and |σ'''| ≤ σ', on all of the way
    second = np.minimum(near * e_z * e_z / 2, 1 + slope * e_z)  # neither a nor f' can move by more than 1
    own = second + _own_sigmoid(near, a + slope * e_z + second, machine)
    tilt = 1 - 2 * a
    e_a = np.minimum(slope * e_z + own, 2.0)
    from_output = np.abs(tilt) * own + e_a**2 + u * (near + np.maximum(near, (a + e_a) ** 2))
    from_z = second + (f + 5 * u) * near
    return Response(slope, slope * tilt, own, np.maximum(from_output, from_z) + machine.tiny)


def _own_sigmoid(slope: Array, a: Array, machine: Arithmetic) -> Array:
    """Of σ by an exponential, a sum and a division, or as a function of a library."""
    rounding = machine.rounding(a)
    by_exp = slope * machine.relative + machine.u * a + rounding
    return np.maximum(by_exp, 2 * machine.ulps * rounding) + machine.tiny


def _tanh(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    f, u = machine.relative, machine.u
    slope = 4 * _logistic_slope(2 * np.abs(z))
    near = 4 * _logistic_slope(2 * _least(np.abs(z), e_z))  # |tanh''| ≤ 2 tanh' and |tanh'''| ≤ 4 tanh'
    second = np.minimum(near * e_z * e_z, 2 + slope * e_z)
    size = np.abs(a)
    own = second + machine.function(size + slope * e_z + second) + machine.tiny
    e_a = np.minimum(slope * e_z + own, 3.0)
    from_output = 2 * size * own + e_a**2 + u * (near + (size + e_a) ** 2)
    from_z = 2 * second + (2 * f + 3 * u) * near
    return Response(slope, -2 * a * slope, own, np.maximum(from_output, from_z) + machine.tiny)


def _softplus(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    f, u = machine.relative, machine.u
    e = np.exp(-np.abs(z))
    slope, rest = np.where(z > 0, 1.0, e) / (1 + e), np.where(z > 0, e, 1.0) / (1 + e)  # σ(z) and 1 − σ(z)
    bend = slope * rest
    near = _logistic_slope(_least(np.abs(z), e_z))  # σ' on the way; |σ''| ≤ σ'
    second = np.minimum(near * e_z * e_z / 2, e_z)  # 0 ≤ f' ≤ 1
    size = a + slope * e_z + second
    own = second + (slope + near * e_z) * f + machine.function(size) + 2 * u * size + machine.tiny
    e_a = slope * e_z + own
    wide = slope + near * e_z
    # 1 − e^{-o} as it stands, with its cancellation.
    less = np.exp(-_least(a, e_a))  # e^{-o}, on the way
    curved = np.minimum(less * e_a * e_a, 1 + less * e_a)
    from_output = less * (own + f) + curved + np.maximum(u * wide, machine.function(wide))
    from_z = np.minimum(second, 1 + bend * e_z) + _own_sigmoid(near, wide, machine)
    return Response(slope, bend, own, np.maximum(from_output, from_z) + machine.tiny)


def _identity(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    nothing = np.zeros_like(z)
    return Response(np.ones_like(z), nothing, nothing, nothing)


def _relu(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    nothing = np.zeros_like(z)
    return Response((z > 0).astype(float), nothing, np.maximum(e_z - np.abs(z), 0), nothing)


def _leaky_relu(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Response:
    slope = np.where(z > 0, 1.0, 0.01)
    leak = np.where(z > 0, 0.0, machine.u)  # 0.01 is rounded to the dtype, and multiplied
    own = np.maximum(e_z - np.abs(z), 0) + 2 * leak * (np.abs(a) + slope * e_z) + machine.tiny
    return Response(slope, np.zeros_like(z), own, leak * slope)


def _softmax(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> Softmax:
    f, u = machine.relative, machine.u
    below = z.max(axis=1, keepdims=True) - z
    with np.errstate(divide="ignore"):
        surprise = np.where(a > 0, -np.log(np.maximum(a, np.finfo(float).tiny)), below)
    largest = e_z.max(axis=1, keepdims=True)
    spread = 2 * u * largest
    # The relative errors of the exponentials, of z − max and their own; of the sum and the division; and of the
    # exponential of a log-probability, z − max − log Σ.
    exponentials = u * below + spread + f
    direct = machine.gamma(z.shape[1] + 1) + u * surprise + spread + f * (1 + np.maximum(surprise - below, 0))
    # Softmax is a logistic function of a logit that moves by 2 max E_z at most; Σ a e^ε is within e^{max² / 2} of
    # e^{Σ a ε} (Hoeffding's lemma).
    second = 2.5 * largest**2 * np.maximum(1 - a, np.finfo(float).eps)
    by_taylor = np.exp(2 * largest) * a * (np.expm1(_apart(exponentials, a) + direct) + second)
    # Where E_z is large: no more than a, or than what the others leave, may become, and what is linear in E_z.
    most = np.exp(-_least(surprise, 2 * (largest + exponentials + direct)))
    room = np.minimum(most, 2 * _others(most)) + 2 * most * (machine.gamma(z.shape[1] + 2) + f)
    by_size = OUTWARD * (room + a * _apart(e_z, a))
    own = np.where(largest <= 1, np.fmin(by_taylor, by_size), by_size) + machine.tiny
    nothing = np.zeros_like(z)
    return Softmax(nothing, nothing, own, nothing, a)


RULES: dict[str, Rule] = {
    "softmax": _softmax,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
}
