"""A dtype's arithmetic: how far off one operation, one function or one sum may be, whatever the order of its terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array

# Units in the last place by which exp, log1p, expm1, tanh and cosh may be off. float32: numpy's limit for its
# vectorised functions (pull request 19478; its exp is at 2.52). float64: what Java asks of tanh and cosh (1 of the
# others); numpy's own tests allow 2, and C libraries are within 2.3 (Innocente and Zimmermann, "Accuracy of
# Mathematical Functions in Single, Double, Extended Double and Quadruple Precision").
FUNCTION_ULPS = {"float32": 4.0, "float64": 2.5}
# Covers products of roundings, the rounding of the float64 operations by which bounds are computed, and the radii of
# the true values that these are computed from.
OUTWARD = 1 + 2.0**-10
_EXPONENT = np.int64(0x7FF0000000000000)  # the bits of a float64 that hold it


@dataclass(frozen=True)
class Arithmetic:
    """A dtype's name, its unit roundoff u, the smallest normal number, which an underflow may cost, the largest number,
    and the error of a function in units of the last place."""

    dtype: str
    u: float
    tiny: float
    largest: float
    ulps: float

    def gamma(self, n: int) -> float:
        """γ_n. Raises ValueError where n u is 1 or more and no bound exists."""
        if n * self.u >= 1:
            raise ValueError(f"a sum of {n} terms has no rounding bound at unit roundoff {self.u:g}")
        return n * self.u / (1 - n * self.u)

    def rounding(self, largest: Array) -> Array:
        """The error of one operation whose result is at most so large: half a unit in its last place, which is u times
        the power of two below it (Rump, Ogita and Oishi, "Accurate floating-point summation", part I, SIAM Journal on
        Scientific Computing 31, 2008)."""
        return self.u * ((OUTWARD * largest).view(np.int64) & _EXPONENT).view(np.float64)

    def overflow(self, sizes: Array) -> Array:
        """What a sum of terms with such sizes may be off by because a part of it overflows: 0, or infinity."""
        return np.where(OUTWARD * sizes < self.largest, 0.0, np.inf)

    def function(self, largest: Array) -> Array:
        """The error of one function whose value is at most so large."""
        return 2 * self.ulps * self.rounding(largest)

    @property
    def relative(self) -> float:
        """The relative error of one function."""
        return 2 * self.ulps * self.u

    def partial_sums(self, terms: int, sizes: Array, total: Array) -> Array:
        """What no partial sum of so many rounded terms exceeds, from Σ|terms| and |Σ terms|: whatever the order, a
        partial sum lies between the sum of the negative terms and that of the positive ones."""
        return (1 + 2 * self.gamma(terms + 2)) * (sizes + total) / 2


def arithmetic(dtype: str) -> Arithmetic:
    """That of `float32` or `float64`."""
    info = np.finfo(dtype)
    return Arithmetic(dtype, float(info.eps) / 2, float(info.tiny), float(info.max), FUNCTION_ULPS[dtype])
