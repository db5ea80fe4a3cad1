"""Enclosures: exact values known to some 100 bits, as two floats and a proved radius."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any

import numpy as np
from flint import arb, arb_mat

from harness.model.contract import Array
from harness.truth.enclosures.double_double import OPERATION, SMALLEST, Double

ROUND_UP = 1 + 2.0**-40  # covers the rounding of the few float64 operations that compute a radius
_PIECE = 2**12  # entries at once


@dataclass(frozen=True, eq=False)
class Enclosure:
    """|exact − (high + low)| ≤ radius, entry by entry; three float64 arrays of one shape.

    `high` is the midpoint rounded to float64 and `low` what that leaves out, so that an error of one unit in the last
    place is measured, not lost.
    """

    high: Array
    low: Array
    radius: Array

    @classmethod
    def of_balls(cls, parts: Sequence[tuple[list[arb], int]]) -> list[Enclosure]:
        """Midpoints as two floats, and radii that also cover what those two leave out, of balls row by row, with how
        many rows they are; of many parts at once, as an array takes longer to make than a few balls to read."""
        entries = [entry for part, _ in parts for entry in part]
        high = list(map(float, entries))
        low = list(map(float, map(sub, entries, high)))
        found = np.array([high, low, list(map(float, map(arb.rad, entries)))])
        found[2] = (found[2] + np.abs(found[1]) * 2.0**-52) * ROUND_UP + SMALLEST
        enclosures, start = [], 0
        for part, rows in parts:
            enclosures.append(cls(*found[:, start : start + len(part)].reshape(3, rows, -1)))
            start += len(part)
        return enclosures

    @classmethod
    def exactly(cls, array: Array) -> Enclosure:
        """Floats, which are what they are."""
        high = array.astype(np.float64)
        return cls(high, np.zeros_like(high), np.zeros_like(high))

    @classmethod
    def around(cls, middle: Double, radius: Array) -> Enclosure:
        """The result of an operation in double-double, with what the radii of its operands move it by."""
        radius = (radius + OPERATION * np.abs(middle.high)) * ROUND_UP + 8 * SMALLEST
        return cls(middle.high, middle.low, radius)

    @property
    def middle(self) -> Double:
        """The midpoint."""
        return Double(self.high, self.low)

    @property
    def transposed(self) -> Enclosure:
        """[m, n] of [n, m]."""
        return Enclosure(self.high.T, self.low.T, self.radius.T)

    @property
    def beside_ones(self) -> Enclosure:
        """[n, k] -> [n, k + 1]: a column of ones, which meets the bias."""
        column = (len(self.high), 1)
        parts = ((self.high, np.ones(column)), (self.low, np.zeros(column)), (self.radius, np.zeros(column)))
        return Enclosure(*map(np.hstack, parts))

    def balls(self) -> arb_mat:
        """The same of a matrix, as balls."""
        parts = zip(self.high.ravel().tolist(), self.low.ravel().tolist(), self.radius.ravel().tolist(), strict=True)
        rows, columns = self.high.shape
        return arb_mat(rows, columns, [arb(high, radius) + low for high, low, radius in parts])

    def error(self, value: Array) -> Array:
        """|value − midpoint| to within a few units in its own last place; NaN where the value is NaN."""
        with np.errstate(invalid="ignore"):  # infinity from infinity is the NaN that it should be
            return np.asarray(np.abs((value - self.high) - self.low))

    def plus(self, floats: Array) -> Enclosure:
        """The sum with exact floats. Sums do not underflow."""
        total = self.middle + floats
        return Enclosure(total.high, total.low, (self.radius + OPERATION * np.abs(total.high)) * ROUND_UP)

    def times(self, factor: float) -> Enclosure:
        """The product with an exact float."""
        [product] = self.in_pieces(lambda one: [Enclosure.around(one.middle * factor, one.radius * abs(factor))])
        return product

    def over(self, divisor: int) -> Enclosure:
        """The quotient by an exact number."""
        return Enclosure.around(self.middle / float(divisor), self.radius / divisor)

    def __mul__(self, other: Enclosure) -> Enclosure:
        """Entry by entry."""
        moved = np.abs(self.high) * other.radius + self.radius * (np.abs(other.high) + other.radius)
        return Enclosure.around(self.middle * other.middle, moved)

    def in_pieces(self, function: Callable[[Enclosure], Sequence[Enclosure]]) -> list[Enclosure]:
        """Functions of single entries, for as many at once as stay in a processor's cache with all that they need."""
        flat, pieces = self.reshaped(-1), []
        for start in range(0, self.high.size, _PIECE):
            pieces.append(function(flat[start : start + _PIECE]))
        return [_joined(of_one).reshaped(*self.high.shape) for of_one in zip(*pieces, strict=True)]

    def reshaped(self, *shape: int) -> Enclosure:
        """The same entries in another shape."""
        return Enclosure(self.high.reshape(shape), self.low.reshape(shape), self.radius.reshape(shape))

    def __getitem__(self, index: Any) -> Enclosure:
        return Enclosure(self.high[index], self.low[index], self.radius[index])


def _joined(pieces: Sequence[Enclosure]) -> Enclosure:
    return Enclosure(
        *(np.concatenate([getattr(piece, part) for piece in pieces]) for part in ("high", "low", "radius"))
    )


@dataclass(frozen=True, eq=False)
class Truth:
    """What the exact backprop computes: z^l, a^l and δ^l [n, n_l], and ∂C/∂W^l and ∂C/∂b^l beside each other
    [n_l, n_{l-1} + 1], for l = 1..L; a also for l = 0."""

    z: tuple[Enclosure, ...]
    a: tuple[Enclosure, ...]
    delta: tuple[Enclosure, ...]
    parameters: tuple[Enclosure, ...]
