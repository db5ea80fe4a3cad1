"""The numbers of a vector file: true values and bounds as doubles whose decimals are few and safe.

An entry of a file has `value`, `tail` and `bound`, and a number `got` is right if

    |(got − value) − tail| ≤ bound        computed in doubles, from left to right.

`value` is the double nearest to the true value m, and `tail` is m − value, rounded to DIGITS decimal digits: a bound
may be as small as half a unit in the last place of the value, so a single double cannot stand for the true value.

Let A be what a check allows, its rounding bound plus the radius of the enclosure, so that a check accepts `got` if
|got − m| ≤ A; let e = |m − value − tail|, and s = 2^-50, the MARGIN. The bound is (A + e) (1 + s) + s |tail|, rounded
up to DIGITS decimal digits; before that, a factor 1 + s covers the rounding of these decimals to a double.

- *A right number is never called wrong.* Let d = got − value, exactly. Then |d − tail| ≤ A + e, and so
  |d| ≤ A + e + |tail|. Each of the two subtractions of the test has a relative error of at most u = 2^-53; a
  difference that underflows has none. So the computed number is at most (|d − tail| + u |d|) (1 + u), which is less
  than (A + e) (1 + s) + s |tail|, and so less than the bound.
- *No more is granted than 1.002 A.* No double is nearer to m than `value`, so correct code in doubles has an error of
  at least |m − value|, and so A ≥ |m − value|. The tail has DIGITS digits, or it is 0 because m − value is within the
  radius, which is at most 2^-11 A (harness.truth.certify). Either way e ≤ 5 · 10^-4 A. Rounding up to 4 digits adds
  at most 10^-3 of the bound, and the slacks and the rounding of the test add less than 10^-14 of it.

A check rounds old − new to a double before it compares it with the true displacement, and a vector compares the new
parameter itself. Its bound is the same, which includes that rounding.

Where a unit is at a kink of relu, the true value may change by anything from `lower` to `upper`, which are rounded
outwards in the same way: got is right if lower − bound ≤ (got − value) − tail ≤ upper + bound.

Nothing here depends on the processor. The value and the tail are those of the true value, which is enclosed to about
100 bits. The bounds are computed in float64, with functions whose last bits differ between processors; they are sums
of magnitudes, so relative differences of about 10^-14 are to be expected. Such a difference changes DIGITS digits,
rounded up, with a probability of about 10^-10.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

import numpy as np

from harness.model.contract import Array
from harness.truth.bounds.kinks import Interval
from harness.truth.certify import Standard
from harness.truth.enclosures.enclosure import Enclosure

DIGITS = 4  # significant decimal digits of tails and bounds
MARGIN = Fraction(1, 2**50)
_NEAREST, _UP, _DOWN = Context(DIGITS), Context(DIGITS, ROUND_CEILING), Context(DIGITS, ROUND_FLOOR)


@dataclass(frozen=True)
class ExactEntry:
    """The true value of one entry, value + tail, and its bound; the true value may change by lower..upper at a kink.

    `bound` is None where there is no verdict; the other numbers are 0 then.
    """

    value: float = 0.0
    tail: float = 0.0
    bound: float | None = None
    lower: float = 0.0
    upper: float = 0.0

    @property
    def is_at_kink(self) -> bool:
        return self.lower < 0 or self.upper > 0


def exact_entry(midpoint: Fraction, radius: float, bound: float, change: tuple[float, float]) -> ExactEntry:
    """The entry for a true value within `radius` of the midpoint, with a check's bound, and the change at a kink."""
    value = float(midpoint) + 0.0  # no −0
    rest = midpoint - Fraction(value)
    tail = 0.0 if abs(rest) <= radius else in_few_digits(rest, _NEAREST)
    allowed = Fraction(bound) + Fraction(radius) + abs(rest - Fraction(tail))
    needed = allowed * (1 + MARGIN) + MARGIN * abs(Fraction(tail))
    lower, upper = (Fraction(one) * (1 + MARGIN) ** 2 for one in change)
    return ExactEntry(
        value, tail, in_few_digits(needed * (1 + MARGIN), _UP), in_few_digits(lower, _DOWN), in_few_digits(upper, _UP)
    )


def in_few_digits(number: Fraction, context: Context) -> float:
    """The number in a few decimal digits, as the double that such a decimal is read as."""
    return float(context.divide(*map(Decimal, number.as_integer_ratio())))


def exact_entries(standard: Standard, old: Array | None = None) -> list[ExactEntry]:
    """The entries of a quantity in row-major order.

    With `old`, the standard is that of the displacement old − new, and the entries are those of new.
    """
    enclosure, changes = standard.truth, standard.changes
    if old is not None:
        changes = Interval(-changes.upper, -changes.lower)
    ends = (np.broadcast_to(one, standard.bound.shape).ravel().tolist() for one in (changes.lower, changes.upper))
    parts = zip(
        _midpoints(enclosure, old),
        enclosure.radius.ravel().tolist(),
        standard.bound.ravel().tolist(),
        standard.undecidable.ravel().tolist(),
        zip(*ends, strict=True),
        strict=True,
    )
    return [
        ExactEntry() if is_undecidable or midpoint is None else exact_entry(midpoint, radius, bound, change)
        for midpoint, radius, bound, is_undecidable, change in parts
    ]


def _midpoints(enclosure: Enclosure, old: Array | None) -> Iterator[Fraction | None]:
    """The midpoints, exactly; None for one that is not finite."""
    olds = np.zeros_like(enclosure.high) if old is None else old.astype(np.float64)
    sign = 1 if old is None else -1
    for start, high, low in zip(*(one.ravel().tolist() for one in (olds, enclosure.high, enclosure.low)), strict=True):
        is_finite = math.isfinite(high) and math.isfinite(low)
        yield Fraction(start) + sign * (Fraction(high) + Fraction(low)) if is_finite else None
