"""Double-double arithmetic on whole arrays: a number is the sum of two floats, about 106 bits, for the price of some
ten operations on floats.

Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18, 1971; Joldes,
Muller and Popescu, "Tight and rigorous error bounds for basic building blocks of double-word arithmetic", ACM
Transactions on Mathematical Software 44, 2017: sums err by 3u² relative to the result, products by 7u², quotients by
15u², with u = 2^-53; OPERATION covers each. What underflows adds a few times SMALLEST.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from flint import arb, ctx

from harness.model.contract import Array

SMALLEST = 5e-324  # what an operation may lose at the bottom of the range of float64
OPERATION = 2.0**-100  # relative error of one operation
# Relative error of exp and expm1. Their series have an error of 2^-84 relative to the argument that is left after
# reduction, where it ends in float64; recombination may quadruple that.
FUNCTION = 2.0**-80
_LOWEST = -746.0  # exp of anything below is less than half of SMALLEST
_PIECES = 256  # of an octave: the table of 2^(j/256) leaves |r| <= log(2) / 512 to the series


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b, rounded, and what that left out (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def quick_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The same where |a| >= |b| (Dekker)."""
    total = a + b
    return total, b - (total - a)


def two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a · b, rounded, and what that left out (Dekker)."""
    product = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _split(value: Array) -> tuple[Array, Array]:
    """Two halves of 26 bits that add up to the value (Veltkamp)."""
    scaled = (2.0**27 + 1) * value
    high = scaled - (scaled - value)
    return high, value - high


@dataclass(frozen=True, eq=False)
class Double:
    """high + low, with `high` the sum rounded to float64; arrays of one shape. The other operand of +, -, ·, / may be
    an array of floats."""

    high: Array
    low: Array

    def __add__(self, other: Any) -> Double:
        other = double(other)
        total, error = two_sum(self.high, other.high)
        rest, lost = two_sum(self.low, other.low)
        total, error = quick_two_sum(total, error + rest)
        return Double(*quick_two_sum(total, error + lost))

    def __neg__(self) -> Double:
        return Double(-self.high, -self.low)

    def __sub__(self, other: Any) -> Double:
        return self + -double(other)

    def __mul__(self, other: Any) -> Double:
        other = double(other)
        product, error = two_product(self.high, other.high)
        return Double(*quick_two_sum(product, error + (self.high * other.low + self.low * other.high)))

    def __truediv__(self, other: Any) -> Double:
        other = double(other)
        quotient = self.high / other.high
        product, error = two_product(quotient, other.high)
        rest = (self.high - product) + (self.low - (error + quotient * other.low))
        return Double(*quick_two_sum(quotient, rest / other.high))

    def __getitem__(self, index: Any) -> Double:
        return Double(self.high[index], self.low[index])

    def scaled(self, power: Array | float) -> Double:
        """Times a power of two."""
        return Double(self.high * power, self.low * power)

    def sum(self) -> Double:
        """[n, m] -> [n, 1]: each row's sum, by halves; of terms that are not negative it errs by log2(m) OPERATION."""
        total, width = self, self.high.shape[1]
        while width > 1:
            half = width // 2
            pairs, odd = total[:, :half] + total[:, half : 2 * half], total[:, 2 * half :]
            total = Double(np.hstack([pairs.high, odd.high]), np.hstack([pairs.low, odd.low]))
            width = width - half
        return total


def double(value: Any) -> Double:
    """A float, or an array of floats, as double-double."""
    return value if isinstance(value, Double) else Double(np.asarray(value, dtype=np.float64), np.zeros(()))


def where(condition: Array, one: Double, other: Double) -> Double:
    """Entry by entry the one or the other."""
    return Double(np.where(condition, one.high, other.high), np.where(condition, one.low, other.low))


def exp(x: Double) -> Double:
    """e^x for x <= 0, or above by rounding alone, to within FUNCTION relative and 2 SMALLEST."""
    power, piece, less_one = _reduced(x)
    return (piece + piece * less_one).scaled(power)


def exp_and_expm1(x: Double) -> tuple[Double, Double]:
    """e^x and e^x − 1 for x <= 0, or above by rounding alone, each to within FUNCTION relative and 2 SMALLEST."""
    power, piece, less_one = _reduced(x)
    e = (piece + piece * less_one).scaled(power)
    return e, where(power * piece.high == 1, less_one, e - 1.0)


def log1p(x: Double) -> Double:
    """log(1 + x) for 0 <= x <= 1, to within FUNCTION relative and 2 SMALLEST: one step of Newton's method, of which
    the error is half the square of the 2^-50 or less that it starts from."""
    start = double(np.log1p(x.high))
    # With y near log(1 + x):  log(1 + x) = y + log1p((1 + x) e^-y − 1), and (1 + x) e^-y − 1 = x + (1 + x) expm1(−y).
    return start + (x + (x + 1.0) * exp_and_expm1(-start)[1])


def _reduced(x: Double) -> tuple[Array, Double, Double]:
    """e^x as a power of two, times a piece 2^(j/_PIECES), times 1 + the third, which is e^r − 1 for what is left."""
    unusable = ~np.isfinite(x.high)
    x = where((x.high < _LOWEST) | unusable, double(np.full_like(x.high, _LOWEST)), x)
    constants = _constants()
    count = np.rint(x.high * (_PIECES / np.log(2)))
    r = x
    for part in constants.octave:
        r = r - count * part
    series = _quartic(r.high) * r.high
    less_one = r * (r * (r * (constants.sixth + series) + 0.5) + 1.0)
    octaves, piece = np.divmod(count, _PIECES)
    power = np.where(unusable, np.nan, np.ldexp(1.0, octaves.astype(np.intc)))
    return power, constants.pieces[piece.astype(np.intp)], less_one


def _quartic(r: Array) -> Array:
    """Σ r^n / (n + 4)!, of which six terms reach 2^-53 for |r| <= log(2) / 512."""
    total = np.full_like(r, 1 / 362880)
    for factorial in (40320, 5040, 720, 120, 24):
        total *= r
        total += 1 / factorial
    return total


@dataclass(frozen=True, eq=False)
class _Constants:
    """log(2) / _PIECES in three parts, of which the first two have 34 bits, so that a multiple by any count of exp's
    range is exact; 1/6; and the pieces 2^(j/_PIECES) for j = 0.._PIECES − 1."""

    octave: tuple[float, float, float]
    sixth: Double
    pieces: Double


@cache
def _constants() -> _Constants:
    with ctx.workprec(256):
        rest, octave = arb(2).log() / _PIECES, []
        for bits in (34, 34, 53):
            mantissa, exponent = np.frexp(float(rest))
            octave.append(float(np.ldexp(np.rint(np.ldexp(mantissa, bits)), exponent - bits)))
            rest -= octave[-1]
        pieces = [(arb(2).log() * j / _PIECES).exp() for j in range(_PIECES)]
        high = [float(piece) for piece in [*pieces, arb(1) / 6]]
        low = [float(piece - top) for piece, top in zip([*pieces, arb(1) / 6], high, strict=True)]
    table = Double(np.array(high), np.array(low))
    first, second, third = octave
    return _Constants((first, second, third), table[_PIECES], table[:_PIECES])
