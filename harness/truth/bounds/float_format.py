"""A floating-point format: its constants, and the error bounds of one operation, one function and one sum."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from harness.model.contract import Array

# The error allowed to exp, log1p, expm1, tanh and cosh, in units in the last place. float32: the limit of NumPy's
# vectorised functions (pull request 19478; the largest error of its exp is 2.52). float64: the limit of Java for tanh
# and cosh (it is 1 for the others); NumPy's own tests allow 2, and the errors of C libraries are at most 2.3 (Innocente
# and Zimmermann, "Accuracy of Mathematical Functions in Single, Double, Extended Double and Quadruple Precision").
FUNCTION_ULPS = {"float32": 4.0, "float64": 2.5}
# Outward rounding: a bound times this factor covers the products of roundings, the rounding of the float64 operations
# that compute the bound, and the radii of the true values that it is computed from.
OUTWARD = 1 + 2.0**-10
_EXPONENT_MASK = np.int64(0x7FF0000000000000)  # the bits of a float64 that hold its exponent


@dataclass(frozen=True)
class FloatFormat:
    """A floating-point format, in the notation of Higham, chapter 2.

    u: the unit roundoff. tiny: the smallest normal number, which bounds the error of an underflow.
    largest: the largest finite number. function_ulps: the error allowed to one function, in units in the last place.
    """

    dtype: str
    u: float
    tiny: float
    largest: float
    function_ulps: float

    def gamma(self, n: int) -> float:
        """γ_n = n u / (1 − n u) (Higham, section 3.1). Raises ValueError for n u >= 1, where no bound exists."""
        if n * self.u >= 1:
            raise ValueError(f"a sum of {n} terms has no rounding bound at unit roundoff {self.u:g}")
        return n * self.u / (1 - n * self.u)

    def rounding_error(self, largest: Array) -> Array:
        """The largest error of one operation whose result is at most `largest` in magnitude.

        It is half a unit in the last place: u times the largest power of two that is not above `largest` (Rump, Ogita
        and Oishi, "Accurate floating-point summation, part I", SIAM Journal on Scientific Computing 31, 2008).
        """
        return self.u * ((OUTWARD * largest).view(np.int64) & _EXPONENT_MASK).view(np.float64)

    def overflow_error(self, sizes: Array) -> Array:
        """Infinity where a partial sum may overflow, else 0; `sizes` is Σ|terms| of each sum."""
        return np.where(OUTWARD * sizes < self.largest, 0.0, np.inf)

    def function_error(self, largest: Array) -> Array:
        """The largest error of one function whose value is at most `largest` in magnitude."""
        return 2 * self.function_ulps * self.rounding_error(largest)

    @property
    def function_relative_error(self) -> float:
        """The largest relative error of one function."""
        return 2 * self.function_ulps * self.u

    def partial_sum_bound(self, terms: int, sizes: Array, total: Array) -> Array:
        """A bound on the magnitude of every partial sum of rounded terms, from Σ|terms| and |Σ terms|.

        It holds for every order of summation: a partial sum lies between the sum of the negative terms and the sum of
        the positive terms.
        """
        return (1 + 2 * self.gamma(terms + 2)) * (sizes + total) / 2


@cache
def float_format(dtype: str) -> FloatFormat:
    """The format named `float32`, `float64`, or `coarse`, with the precision of bfloat16 and the range of float16.

    Raises KeyError for other formats.
    """
    if dtype == "coarse":  # the 8 significant bits of bfloat16 with the range of float16
        half = np.finfo("float16")
        return replace(float_format("float32"), dtype=dtype, u=2.0**-8, tiny=float(half.tiny), largest=float(half.max))
    info = np.finfo(dtype)
    return FloatFormat(dtype, float(info.eps) / 2, float(info.tiny), float(info.max), FUNCTION_ULPS[dtype])
