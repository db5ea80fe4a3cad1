"""The rounding errors of sigmoid, tanh and softplus, for every usual formula.

Each function takes the largest slope f' and the largest magnitude of f(z) within the error of z, [n, n_l], and returns
a bound on what the evaluation of f adds to the error [n, n_l]. A formula is analysed with one relative error f for each
exponential, which the slope multiplies, and one relative error u for each operation (Higham, "Accuracy and Stability of
Numerical Algorithms", 2nd ed., SIAM 2002, chapter 3).
"""

from __future__ import annotations

import numpy as np

from harness.model.contract import Array
from harness.truth.bounds.float_format import FloatFormat

BELOW_ONE = 1 - 2.0**-8  # stands for any result below 1: its last rounding is at most u / 2


def sigmoid_evaluation_error(z: Array, e_z: Array, slope: Array, a: Array, fmt: FloatFormat) -> Array:
    """The rounding error of σ(z), for errors of z up to e_z, slopes up to `slope` and values up to `a`."""
    f, u = fmt.function_relative_error, fmt.u
    by_exp = slope * f + u * a + fmt.rounding_error(a)
    # e^{-s}, where s = log(1 + e^{-z}) is a sum of max(−z, 0) and a term whose relative error is 2 f; s is rounded at
    # its own size. −a log a <= 1/e for every a.
    rounding_of_sum = u * np.minimum(a * (np.maximum(-z, 0) + e_z), 0.5)
    by_log = slope * (2.5 * f + 4 * u) + rounding_of_sum + fmt.function_error(a)
    # (1 + tanh(z / 2)) / 2: of a tanh below 1 in magnitude, the error is f / 2. 1 − 1 / (1 + e^z): the sum has a
    # relative error of u, and the quotient, below 1, is rounded by u / 2. The last rounding is that of a.
    by_difference = np.maximum(f / 4, slope * f + 1.5 * u) + fmt.rounding_error(np.minimum(a, BELOW_ONE))
    return np.asarray(np.maximum(np.maximum(by_exp, by_log), by_difference) + fmt.tiny)


def tanh_evaluation_error(slope: Array, largest: Array, fmt: FloatFormat) -> Array:
    """The rounding error of tanh, for slopes up to `slope` and magnitudes up to `largest`."""
    f, u, size = fmt.function_relative_error, fmt.u, np.minimum(largest, 1.0)
    rounding = fmt.rounding_error(np.minimum(size, BELOW_ONE))
    # (e^z − e^{-z}) / (e^z + e^{-z}): two exponentials, the second perhaps as 1 / e^z, and three operations.
    by_two_exponentials = slope * (f + u / 2) + 2 * u * size + rounding
    # 1 − 2 / (1 + e^{2z}) and 2 σ(2z) − 1: the sum has a relative error of u; the quotient, up to 2, is rounded by u.
    by_one_exponential = slope * f / 2 + u * (1 + size) + u + rounding
    # m / (m + 2), where m = expm1(±2z) has the sign that makes |m| = 2 |a| / (1 + |a|) <= 1, or the other one.
    by_expm1 = (1 + size) ** 2 / 2 * np.minimum(f * 2 * size / (1 + size), f / 2) + u * size + rounding
    by_exponentials = np.maximum(np.maximum(by_two_exponentials, by_one_exponential), by_expm1)
    return np.asarray(np.maximum(by_exponentials, fmt.function_error(largest)) + fmt.tiny)


def softplus_evaluation_error(slope: Array, a: Array, fmt: FloatFormat) -> Array:
    """The rounding error of softplus, for slopes up to `slope` and values up to `a`."""
    # A relative error u of the sum 1 + e^z is an absolute error of its logarithm; max(z, 0) + log1p(e^{-|z|}) has two
    # roundings at the size of a.
    of_sum = np.maximum(2 * fmt.u * a, fmt.u)
    return np.asarray(slope * fmt.function_relative_error + fmt.function_error(a) + of_sum + fmt.tiny)
