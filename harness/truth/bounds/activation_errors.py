"""Error bounds of the activation functions: the error they propagate, and their own rounding.

Taylor's formula at the true z, with f'' bounded over all z̃ within E_z of z. That bound is the slope where f is
steepest there; far from the origin it is 0, however large E_z is. The bounds hold for these formulas, wherever they do
not overflow:

- sigmoid: 1 / (1 + e^{-z}), e^z / (1 + e^z), either by the sign of z, e^{-log(1 + e^{-z})} by log1p or logaddexp,
  (1 + tanh(z / 2)) / 2, and 1 − 1 / (1 + e^z);
- tanh: a library function, (e^z − e^{-z}) / (e^z + e^{-z}), (e^{2z} − 1) / (e^{2z} + 1) with expm1 or without,
  1 − 2 / (1 + e^{2z}), and 2 σ(2z) − 1 for a σ by exponentials;
- softplus: log1p(e^z), max(z, 0) + log1p(e^{-|z|}), logaddexp(0, z), and log(1 + e^z);
- softmax: e^z / Σ e^z, with a shift or without, and e^{z − log Σ e^z} by a log-softmax, or by a log-sum-exp that has a
  shift or takes one logit after the other;
- f' from z, by exponentials or by cosh;
- f' from the output o, by 1 − e^{-o}, 1 − o², (1 − o)(1 + o), o(1 − o) or o − o².

Some of these subtract nearly equal numbers, or add a small number to 1. Where a is near 0, their error is a few u, not
a few u times a, so the bounds of sigmoid, tanh and softplus have an absolute term of 1 u to 9 u. The price: smaller
errors are not seen in saturated units, and in units of tanh with z near 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array
from harness.truth.bounds.affine import AffineForms
from harness.truth.bounds.evaluation_errors import (
    sigmoid_evaluation_error,
    softplus_evaluation_error,
    tanh_evaluation_error,
)
from harness.truth.bounds.float_format import OUTWARD, FloatFormat


@dataclass(frozen=True, eq=False)
class ActivationErrors:
    """Running error analysis of a = f(z) and f'(z), for errors of z up to E_z; all arrays are [n, n_l].

    slope: f'(z). second_derivative: f''(z). local_error: the error of a beyond f' times the error of z.
    local_slope_error: the error of f' beyond f'' times the error of z, for its least accurate formula.
    """

    slope: Array
    second_derivative: Array
    local_error: Array
    local_slope_error: Array

    def propagate(self, z: AffineForms) -> AffineForms:
        """The errors of a = f(z) to first order in the errors of z, without local_error."""
        return z.scaled(self.slope)

    def slope_error(self, e_z: Array) -> Array:
        """A bound on the error of f', for errors of z up to e_z."""
        return np.asarray(np.abs(self.second_derivative) * e_z + self.local_slope_error)


@dataclass(frozen=True, eq=False)
class SoftmaxErrors(ActivationErrors):
    """The same for softmax, whose derivative in the direction e is a ⊙ (e − Σ a e).

    Its slopes are zeros and are not used: softmax occurs only in BP1, together with its cost.
    """

    a: Array

    def propagate(self, z: AffineForms) -> AffineForms:
        a, likeliest = self.a[:, :, None], self.a.argmax(axis=1)[:, None, None]
        # A shift of all logits changes nothing. Relative to the likeliest logit, nothing cancels when its a is near 1.
        relative = z.coefficients - np.take_along_axis(z.coefficients, likeliest, axis=1)
        coefficients = a * (relative - (a * relative).sum(axis=1, keepdims=True))
        return AffineForms.from_terms(coefficients, self.a * _relative_spread(z.remainder, self.a))


def _relative_spread(sizes: Array, a: Array) -> Array:
    """(1 − a_i) s_i + Σ_{k≠i} a_k s_k: the largest change of logit i relative to the mean weighted by a.

    Logit k changes by at most s_k, `sizes` [n, m].
    """
    return np.asarray(_sum_of_others(a) * sizes + _sum_of_others(a * sizes))


def _sum_of_others(values: Array) -> Array:
    """Σ_{k≠i} values of each row [n, m], without cancellation; no value is negative."""
    largest = values.argmax(axis=1)[:, None]
    smaller = values.copy()
    np.put_along_axis(smaller, largest, 0.0, axis=1)
    sums = values.sum(axis=1, keepdims=True) - values
    np.put_along_axis(sums, largest, smaller.sum(axis=1, keepdims=True), axis=1)
    return np.asarray(sums)


def _smallest_magnitude(size: Array, error: Array) -> Array:
    """The smallest magnitude of a number of magnitude `size` that changes by at most `error`."""
    return np.asarray(np.maximum(size - OUTWARD * error, 0))


def _is_exactly_zero(z: Array, e_z: Array) -> Array:
    """Where z is 0 in every arithmetic, so that f(z) is 0 without error if f(0) = 0."""
    return np.asarray((z == 0) & (e_z == 0))


def _logistic_slope(size: Array) -> Array:
    """σ'(±size)."""
    e = np.exp(-size)
    return np.asarray(e / (1 + e) ** 2)


ErrorRule = Callable[[Array, Array, Array, FloatFormat], ActivationErrors]  # of z, a = f(z), E_z and the format


def _sigmoid_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    f, u = fmt.function_relative_error, fmt.u
    slope = _logistic_slope(np.abs(z))
    steepest = _logistic_slope(_smallest_magnitude(np.abs(z), e_z))  # |σ''| ≤ σ' and |σ'''| ≤ σ' within E_z of z
    second_order = np.minimum(steepest * e_z * e_z / 2, 1 + slope * e_z)  # neither a nor f' can change by more than 1
    local_error = second_order + sigmoid_evaluation_error(z, e_z, steepest, a + slope * e_z + second_order, fmt)
    slope_by_a = 1 - 2 * a  # f' = a (1 − a), so f'' = (1 − 2a) f'
    e_a = np.minimum(slope * e_z + local_error, 2.0)
    from_output = np.abs(slope_by_a) * local_error + e_a**2 + u * (steepest + np.maximum(steepest, (a + e_a) ** 2))
    from_z = second_order + (f + 5 * u) * steepest
    return ActivationErrors(slope, slope * slope_by_a, local_error, np.maximum(from_output, from_z) + fmt.tiny)


def _tanh_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    f, u = fmt.function_relative_error, fmt.u
    slope = 4 * _logistic_slope(2 * np.abs(z))
    # |tanh''| ≤ 2 tanh' and |tanh'''| ≤ 4 tanh' within E_z of z.
    steepest = 4 * _logistic_slope(2 * _smallest_magnitude(np.abs(z), e_z))
    second_order = np.minimum(steepest * e_z * e_z, 2 + slope * e_z)
    size = np.abs(a)
    evaluation = tanh_evaluation_error(steepest, size + slope * e_z + second_order, fmt)
    local_error = np.where(_is_exactly_zero(z, e_z), 0.0, second_order + evaluation)
    e_a = np.minimum(slope * e_z + local_error, 3.0)
    roundings = np.maximum(steepest + (size + e_a) ** 2, 3 * steepest)  # of 1 − o² and of (1 − o)(1 + o)
    from_output = 2 * size * local_error + e_a**2 + u * roundings
    from_z = 2 * second_order + (2 * f + 3 * u) * steepest
    # f' = 4 e / (1 + e)² where e underflows.
    return ActivationErrors(slope, -2 * a * slope, local_error, np.maximum(from_output, from_z) + 4 * fmt.tiny)


def _softplus_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    f, u = fmt.function_relative_error, fmt.u
    e = np.exp(-np.abs(z))
    slope, complement = np.where(z > 0, 1.0, e) / (1 + e), np.where(z > 0, e, 1.0) / (1 + e)  # σ(z) and 1 − σ(z)
    second_derivative = slope * complement
    steepest = _logistic_slope(_smallest_magnitude(np.abs(z), e_z))  # the largest σ' within E_z of z; |σ''| ≤ σ'
    second_order = np.minimum(steepest * e_z * e_z / 2, e_z)  # 0 ≤ f' ≤ 1
    size = a + slope * e_z + second_order
    largest_slope = slope + steepest * e_z
    local_error = second_order + softplus_evaluation_error(largest_slope, size, fmt)
    e_a = slope * e_z + local_error
    # f' = 1 − e^{-o} evaluated as written, with its cancellation.
    largest_exp = np.exp(-_smallest_magnitude(a, e_a))  # e^{-o} within E_a of a
    second_order_from_output = np.minimum(largest_exp * e_a * e_a, 1 + largest_exp * e_a)
    from_output = largest_exp * (local_error + f) + second_order_from_output
    from_output = from_output + np.maximum(u * largest_slope, fmt.function_error(largest_slope))
    from_z = np.minimum(second_order, 1 + second_derivative * e_z)
    from_z = from_z + sigmoid_evaluation_error(z, e_z, steepest, largest_slope, fmt)
    return ActivationErrors(slope, second_derivative, local_error, np.maximum(from_output, from_z) + fmt.tiny)


def _identity_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    zeros = np.zeros_like(z)
    return ActivationErrors(np.ones_like(z), zeros, zeros, zeros)


def _relu_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    zeros = np.zeros_like(z)
    return ActivationErrors((z > 0).astype(float), zeros, np.maximum(e_z - np.abs(z), 0), zeros)


def _leaky_relu_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> ActivationErrors:
    slope = np.where(z > 0, 1.0, 0.01)
    relative = np.where(z > 0, 0.0, fmt.u)  # 0.01 is rounded to the dtype, and the product is rounded
    local_error = np.maximum(e_z - np.abs(z), 0) + 2 * relative * (np.abs(a) + slope * e_z) + fmt.tiny
    local_error = np.where(_is_exactly_zero(z, e_z), 0.0, local_error)
    return ActivationErrors(slope, np.zeros_like(z), local_error, relative * slope)


def _log_sum(gap: Array) -> Array:
    """log Σ_k e^{-gap_k} [n, 1] of each row [n, m], whose smallest gap is 0."""
    e = np.exp(-gap)
    np.put_along_axis(e, gap.argmin(axis=1)[:, None], 0.0, axis=1)
    return np.asarray(np.log1p(e.sum(axis=1, keepdims=True)))


def _softmax_errors(z: Array, a: Array, e_z: Array, fmt: FloatFormat) -> SoftmaxErrors:
    f, u = fmt.function_relative_error, fmt.u
    gap = z.max(axis=1, keepdims=True) - z
    with np.errstate(divide="ignore"):
        minus_log_a = np.where(a > 0, -np.log(np.maximum(a, np.finfo(float).tiny)), gap)
    largest = e_z.max(axis=1, keepdims=True)
    shift_error = 2 * u * largest
    log_sum = _log_sum(np.maximum(gap - 2 * largest, 0))  # the largest logarithm of the shifted sum within E_z of z
    size = np.abs(z.max(axis=1, keepdims=True)) + largest + log_sum
    # The rounding of max z + log Σ: at the size of the sum, but at most log Σ, because max z is a float.
    of_log_sum = np.minimum(u * size, log_sum)
    # The same where the sum takes one logit after the other. Each partial sum L is rounded, at its size or by less than
    # the logarithm that is added to it; an error of L has the weight e^L / Σ e^z. Weighted, |L| is at most 0.37 above
    # the size of the sum, and the logarithms add up to at most 1.4, or 1.4 times twice the shares of all but one logit.
    share = np.minimum(2 * log_sum, 1)
    of_sequence = np.minimum((z.shape[1] - 1) * u * (size + 0.7), 1.5 * share) + (2.4 * share + 1) * f
    # Relative errors. First those of the exponentials: z − max, and exp itself. Then those of the sum and the
    # division, or of the exponential of a log-probability, z − max − log Σ or z − (max + log Σ).
    exponentials = u * gap + shift_error + f
    division = fmt.gamma(z.shape[1] + 1) + u * minus_log_a + shift_error + f + (f + u) * log_sum + of_log_sum
    in_sequence = of_sequence + u * minus_log_a + shift_error
    relative = np.maximum(_relative_spread(exponentials, a) + division, in_sequence)
    # a_i is a logistic function of a logit that changes by at most 2 max E_z; Σ a e^ε is within e^{max² / 2} of
    # e^{Σ a ε} (Hoeffding's lemma).
    second_order = 2.5 * largest**2 * np.maximum(1 - a, np.finfo(float).eps)
    by_taylor = np.exp(2 * largest) * a * (np.expm1(relative) + second_order)
    # For large E_z: the largest value that a, or 1 − a, can reach, and the term that is linear in E_z.
    change = 2 * (largest + np.maximum(exponentials + division, in_sequence))
    largest_a = np.exp(-_smallest_magnitude(minus_log_a, change))
    rounding = 2 * (fmt.gamma(z.shape[1] + 2) + f) + np.expm1((f + u) * log_sum + of_log_sum)
    rounding = np.maximum(rounding, 2 * np.expm1(of_sequence))
    reachable = np.minimum(largest_a, 2 * _sum_of_others(largest_a)) + largest_a * rounding
    by_size = OUTWARD * (reachable + a * _relative_spread(e_z, a))
    local_error = np.where(largest <= 1, np.fmin(by_taylor, by_size), by_size) + fmt.tiny
    zeros = np.zeros_like(z)
    return SoftmaxErrors(zeros, zeros, local_error, zeros, a)


ERROR_RULES: dict[str, ErrorRule] = {
    "softmax": _softmax_errors,
    "sigmoid": _sigmoid_errors,
    "tanh": _tanh_errors,
    "softplus": _softplus_errors,
    "identity": _identity_errors,
    "relu": _relu_errors,
    "leaky_relu": _leaky_relu_errors,
}
