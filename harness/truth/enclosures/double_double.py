"""Double-double arithmetic on arrays: a number is the sum of two floats, with about 106 bits.

Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18, 1971; Hida, Li and
Bailey, "Algorithms for quad-double precision floating point arithmetic", ARITH-15, 2001; Joldes, Muller and Popescu,
"Tight and rigorous error bounds for basic building blocks of double-word arithmetic", ACM Transactions on Mathematical
Software 44, 2017. By the last, with u = 2^-53, the relative errors are at most 3u² for sums, 7u² for products and 15u²
for quotients, to first order; OPERATION_ERROR covers each. Underflow adds a few times SMALLEST_SUBNORMAL.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from flint import arb, ctx

from harness.model.contract import Array

SMALLEST_SUBNORMAL = 5e-324  # of float64: an operation may lose this much by underflow
OPERATION_ERROR = 2.0**-100  # relative error of one operation
# Relative error of exp and expm1. The truncated series has an error of 2^-84 relative to the reduced argument, because
# its last terms are computed in float64; the reconstruction may multiply this by four.
FUNCTION_ERROR = 2.0**-80
_LOWEST_EXPONENT = -746.0  # exp of anything lower is less than half of SMALLEST_SUBNORMAL
_TABLE_SIZE = 256  # entries 2^(j/256); the argument of the series is then |r| <= log(2) / 512


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b rounded, and the rounding error of that sum, exactly (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def quick_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The same, for |a| >= |b| (Dekker's fast two-sum)."""
    total = a + b
    return total, b - (total - a)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a · b rounded, and the rounding error of that product, exactly (Dekker)."""
    product = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _split(value: Array) -> tuple[Array, Array]:
    """Two parts of at most 26 bits whose sum is the value (Veltkamp)."""
    scaled = (2.0**27 + 1) * value
    high = scaled - (scaled - value)
    return high, value - high


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """high + low, where `high` is the sum rounded to float64; two arrays of one shape.

    The other operand of +, −, × and / may be an array of floats.
    """

    high: Array
    low: Array

    def __add__(self, other: Any) -> DoubleDouble:
        other = to_double_double(other)
        total, error = two_sum(self.high, other.high)
        rest, lost = two_sum(self.low, other.low)
        total, error = quick_two_sum(total, error + rest)
        return DoubleDouble(*quick_two_sum(total, error + lost))

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.high, -self.low)

    def __sub__(self, other: Any) -> DoubleDouble:
        return self + -to_double_double(other)

    def __mul__(self, other: Any) -> DoubleDouble:
        other = to_double_double(other)
        product, error = two_product(self.high, other.high)
        return DoubleDouble(*quick_two_sum(product, error + (self.high * other.low + self.low * other.high)))

    def __truediv__(self, other: Any) -> DoubleDouble:
        other = to_double_double(other)
        quotient = self.high / other.high
        product, error = two_product(quotient, other.high)
        rest = (self.high - product) + (self.low - (error + quotient * other.low))
        return DoubleDouble(*quick_two_sum(quotient, rest / other.high))

    def __getitem__(self, index: Any) -> DoubleDouble:
        return DoubleDouble(self.high[index], self.low[index])

    def scaled_by_power(self, power: Array | float) -> DoubleDouble:
        """The product with a power of two, which is exact."""
        return DoubleDouble(self.high * power, self.low * power)

    def row_sums(self) -> DoubleDouble:
        """[n, m] -> [n, 1]: pairwise summation; nonnegative terms give a relative error of log2(m) OPERATION_ERROR."""
        total, width = self, self.high.shape[1]
        while width > 1:
            half = width // 2
            pairs, odd = total[:, :half] + total[:, half : 2 * half], total[:, 2 * half :]
            total = DoubleDouble(np.hstack([pairs.high, odd.high]), np.hstack([pairs.low, odd.low]))
            width = width - half
        return total


def to_double_double(value: Any) -> DoubleDouble:
    """A float or an array of floats as a DoubleDouble; a DoubleDouble is returned unchanged."""
    return value if isinstance(value, DoubleDouble) else DoubleDouble(np.asarray(value, dtype=np.float64), np.zeros(()))


def where_double(condition: Array, if_true: DoubleDouble, if_false: DoubleDouble) -> DoubleDouble:
    """np.where for double-double arrays."""
    return DoubleDouble(
        np.where(condition, if_true.high, if_false.high), np.where(condition, if_true.low, if_false.low)
    )


def exp(x: DoubleDouble) -> DoubleDouble:
    """e^x for x <= 0, with relative error FUNCTION_ERROR and absolute error 2 SMALLEST_SUBNORMAL.

    x may be positive if that is due to rounding alone.
    """
    power, entry, expm1_r = _exp_by_table(x)
    return (entry + entry * expm1_r).scaled_by_power(power)


def exp_and_expm1(x: DoubleDouble) -> tuple[DoubleDouble, DoubleDouble]:
    """e^x and e^x − 1, for the same arguments and with the same errors as `exp`."""
    power, entry, expm1_r = _exp_by_table(x)
    e = (entry + entry * expm1_r).scaled_by_power(power)
    return e, where_double(power * entry.high == 1, expm1_r, e - 1.0)


def log1p(x: DoubleDouble) -> DoubleDouble:
    """log(1 + x) for 0 <= x <= 1, with relative error FUNCTION_ERROR and absolute error 2 SMALLEST_SUBNORMAL.

    One step of Newton's method: it squares and halves the error of its starting value, which is at most 2^-50.
    """
    start = to_double_double(np.log1p(x.high))
    # With y near log(1 + x):  log(1 + x) = y + log1p((1 + x) e^-y − 1), and (1 + x) e^-y − 1 = x + (1 + x) expm1(−y).
    return start + (x + (x + 1.0) * exp_and_expm1(-start)[1])


def _exp_by_table(x: DoubleDouble) -> tuple[Array, DoubleDouble, DoubleDouble]:
    """A power of two, a table entry 2^(j/_TABLE_SIZE) and e^r − 1, where e^x = power · entry · e^r."""
    is_unusable = ~np.isfinite(x.high)
    lowest = to_double_double(np.full_like(x.high, _LOWEST_EXPONENT))
    x = where_double((x.high < _LOWEST_EXPONENT) | is_unusable, lowest, x)
    constants = _exp_constants()
    count = np.rint(x.high * (_TABLE_SIZE / np.log(2)))
    r = x
    for part in constants.table_step:
        r = r - count * part
    series = _series_tail(r.high) * r.high
    expm1_r = r * (r * (r * (constants.sixth + series) + 0.5) + 1.0)
    octaves, index = np.divmod(count, _TABLE_SIZE)
    power = np.where(is_unusable, np.nan, np.ldexp(1.0, octaves.astype(np.intc)))
    return power, constants.table[index.astype(np.intp)], expm1_r


def _series_tail(r: Array) -> Array:
    """Σ r^n / (n + 4)! for n = 0..5, which is accurate to 2^-53 for |r| <= log(2) / 512."""
    total = np.full_like(r, 1 / 362880)
    for factorial in (40320, 5040, 720, 120, 24):
        total *= r
        total += 1 / factorial
    return total


@dataclass(frozen=True, eq=False)
class _ExpConstants:
    """The constants of `_exp_by_table`.

    table_step: log(2) / _TABLE_SIZE as a sum of three floats; the first two have 34 bits, so that their products with
    every count in the range of exp are exact. sixth: 1/6. table: 2^(j/_TABLE_SIZE) for j = 0.._TABLE_SIZE − 1.
    """

    table_step: tuple[float, float, float]
    sixth: DoubleDouble
    table: DoubleDouble


@cache
def _exp_constants() -> _ExpConstants:
    with ctx.workprec(256):
        rest, step = arb(2).log() / _TABLE_SIZE, []
        for bits in (34, 34, 53):
            mantissa, exponent = np.frexp(float(rest))
            step.append(float(np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)))
            rest -= step[-1]
        exact = [*((arb(2).log() * j / _TABLE_SIZE).exp() for j in range(_TABLE_SIZE)), arb(1) / 6]
        high = [float(number) for number in exact]
        low = [float(number - top) for number, top in zip(exact, high, strict=True)]
    numbers = DoubleDouble(np.array(high), np.array(low))
    first, second, third = step
    return _ExpConstants((first, second, third), numbers[_TABLE_SIZE], numbers[:_TABLE_SIZE])
