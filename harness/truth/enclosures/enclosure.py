"""Enclosures: exact values known to about 100 bits, each as a sum of two floats and a proved radius."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any

import numpy as np
from flint import arb, arb_mat

from harness.model.contract import Array
from harness.truth.enclosures.double_double import OPERATION_ERROR, SMALLEST_SUBNORMAL, DoubleDouble

ROUND_UP = 1 + 2.0**-40  # covers the rounding of the few float64 operations that compute a radius
_ENTRIES_PER_PIECE = 2**12


@dataclass(frozen=True, eq=False)
class Enclosure:
    """|exact − (high + low)| ≤ radius for every entry; three float64 arrays of one shape.

    `high` is the midpoint rounded to float64, and `low` is the remainder, so that an error of one unit in the last
    place of float64 can be measured.
    """

    high: Array
    low: Array
    radius: Array

    @classmethod
    def from_balls(cls, parts: Sequence[tuple[list[arb], int]]) -> list[Enclosure]:
        """One enclosure [rows, entries / rows] for each part, a list of balls row by row and its number of rows.

        The radii also cover the rounding of the midpoints to two floats. All parts are converted in one array, because
        making an array takes longer than reading a few balls.
        """
        entries = [entry for part, _ in parts for entry in part]
        high = list(map(float, entries))
        low = list(map(float, map(sub, entries, high)))
        arrays = np.array([high, low, list(map(float, map(arb.rad, entries)))])
        arrays[2] = (arrays[2] + np.abs(arrays[1]) * 2.0**-52) * ROUND_UP + SMALLEST_SUBNORMAL
        enclosures, start = [], 0
        for part, rows in parts:
            enclosures.append(cls(*arrays[:, start : start + len(part)].reshape(3, rows, -1)))
            start += len(part)
        return enclosures

    @classmethod
    def from_floats(cls, array: Array) -> Enclosure:
        """Exact floats: the radius is 0."""
        high = array.astype(np.float64)
        return cls(high, np.zeros_like(high), np.zeros_like(high))

    @classmethod
    def from_operation(cls, midpoint: DoubleDouble, propagated: Array) -> Enclosure:
        """The result of one double-double operation; `propagated` is the radius due to the radii of its operands."""
        radius = (propagated + OPERATION_ERROR * np.abs(midpoint.high)) * ROUND_UP + 8 * SMALLEST_SUBNORMAL
        return cls(midpoint.high, midpoint.low, radius)

    @property
    def midpoint(self) -> DoubleDouble:
        """high + low."""
        return DoubleDouble(self.high, self.low)

    @property
    def transposed(self) -> Enclosure:
        """[n, m] -> [m, n]."""
        return Enclosure(self.high.T, self.low.T, self.radius.T)

    @property
    def with_ones_column(self) -> Enclosure:
        """[n, k] -> [n, k + 1]: a last column of ones, which the bias multiplies."""
        column = (len(self.high), 1)
        parts = ((self.high, np.ones(column)), (self.low, np.zeros(column)), (self.radius, np.zeros(column)))
        return Enclosure(*map(np.hstack, parts))

    def to_balls(self) -> arb_mat:
        """The same matrix [n, m] as balls."""
        parts = zip(self.high.ravel().tolist(), self.low.ravel().tolist(), self.radius.ravel().tolist(), strict=True)
        rows, columns = self.high.shape
        return arb_mat(rows, columns, [arb(high, radius) + low for high, low, radius in parts])

    def error(self, value: Array) -> Array:
        """|value − midpoint|, accurate to a few units in its last place; NaN where the value is NaN."""
        with np.errstate(invalid="ignore"):  # infinity minus infinity is NaN, as intended
            return np.asarray(np.abs((value - self.high) - self.low))

    def add_floats(self, floats: Array) -> Enclosure:
        """The sum with exact floats. Sums do not underflow."""
        total = self.midpoint + floats
        return Enclosure(total.high, total.low, (self.radius + OPERATION_ERROR * np.abs(total.high)) * ROUND_UP)

    def scaled(self, factor: float) -> Enclosure:
        """The product with an exact float."""
        [product] = self.map_pieces(
            lambda piece: [Enclosure.from_operation(piece.midpoint * factor, piece.radius * abs(factor))]
        )
        return product

    def divided(self, divisor: int) -> Enclosure:
        """The quotient by a positive integer."""
        return Enclosure.from_operation(self.midpoint / float(divisor), self.radius / divisor)

    def __mul__(self, other: Enclosure) -> Enclosure:
        """The elementwise product."""
        propagated = np.abs(self.high) * other.radius + self.radius * (np.abs(other.high) + other.radius)
        return Enclosure.from_operation(self.midpoint * other.midpoint, propagated)

    def map_pieces(self, function: Callable[[Enclosure], Sequence[Enclosure]]) -> list[Enclosure]:
        """The results of an elementwise function, applied to pieces that fit in a processor's cache."""
        if self.high.size <= _ENTRIES_PER_PIECE:
            return [*function(self)]
        flat, pieces = self.reshaped(-1), []
        for start in range(0, self.high.size, _ENTRIES_PER_PIECE):
            pieces.append(function(flat[start : start + _ENTRIES_PER_PIECE]))
        return [_concatenate(result).reshaped(*self.high.shape) for result in zip(*pieces, strict=True)]

    def reshaped(self, *shape: int) -> Enclosure:
        """The same entries in another shape."""
        return Enclosure(self.high.reshape(shape), self.low.reshape(shape), self.radius.reshape(shape))

    def __getitem__(self, index: Any) -> Enclosure:
        return Enclosure(self.high[index], self.low[index], self.radius[index])


def _concatenate(pieces: Sequence[Enclosure]) -> Enclosure:
    return Enclosure(
        *(np.concatenate([getattr(piece, part) for piece in pieces]) for part in ("high", "low", "radius"))
    )


@dataclass(frozen=True, eq=False)
class Truth:
    """Enclosures of everything that the exact backprop computes, one for each layer l = 1..L; a also for l = 0.

    z, a, delta: z^l, a^l and δ^l, [n, n_l]. parameters: [∂C/∂W^l, ∂C/∂b^l], [n_l, n_{l-1} + 1].
    """

    z: tuple[Enclosure, ...]
    a: tuple[Enclosure, ...]
    delta: tuple[Enclosure, ...]
    parameters: tuple[Enclosure, ...]
