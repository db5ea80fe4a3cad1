"""Products of matrices to about 80 bits at the speed of float64: each matrix is cut into slices of so few bits that
the products of slices are exact.

Ozaki, Ogita, Oishi and Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix
multiplication and its applications", Numerical Algorithms 59, 2012. A slice holds whole multiples of a unit, at most
2^(β − 1) of them, so that k · s products of two add up to at most k s 2^(2β − 2) <= 2^53 units in whatever order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array
from harness.truth.enclosures.double_double import Double, two_sum

LONGEST = 2**20  # terms of a sum
BITS = 80  # of a matrix's largest entries that its slices hold, at least
_FARTHEST = 500  # the exponents beyond which a product of two powers of two might leave the range of float64
_CHUNK = 2**15  # entries that are cut at once: as many as stay in a processor's cache


@dataclass(frozen=True)
class Cut:
    """How matrices are cut that meet in an inner dimension k: into so many slices, of so many bits."""

    inner: int
    slices: int
    bits: int

    @property
    def slip(self) -> float:
        """What a product of two scaled matrices may miss. In units of k 2^(−bits · slices − 2): one for each pair of
        slices of the largest that are left out, slices − 1 of them; one for what the slices of each matrix leave; and
        less than one for all smaller pairs. And the rounding of the third and smaller levels, k 2^(−2 bits) at most.
        """
        units = (self.slices + 2) * 2.0 ** (-self.bits * self.slices - 2)
        return self.inner * (units + self.slices**2 * 2.0 ** (-2 * self.bits - 53))


@dataclass(frozen=True, eq=False)
class Sliced:
    """A matrix as scale · Σ parts [s, m, k], the largest first, but for little more than half a unit of the last.

    `scale` is a power of two, one for the whole matrix or one for each line along an axis; 0 for a line of zeros, and
    NaN for one too large. So scaled, every entry is at most 1/2.
    """

    parts: Array
    scale: Array

    @property
    def transposed(self) -> Sliced:
        """The slices of the transpose."""
        return Sliced(self.parts.transpose(0, 2, 1), self.scale.T)


def cut_for(inner: int) -> Cut:
    """How to cut two matrices that meet in an inner dimension. Raises ValueError beyond LONGEST."""
    if inner > LONGEST:
        raise ValueError(
            f"sums of {inner} terms: expected at most {LONGEST}, as the error of their sizes is bounded for"
        )
    for slices in range(2, BITS):
        bits = (55 - int(np.ceil(np.log2(max(2, inner * slices))))) // 2
        if bits * slices >= BITS:
            return Cut(inner, slices, bits)
    raise AssertionError("even slices of a few bits reach BITS")


def cut(matrix: Double, how: Cut, axis: int | None = None) -> Sliced:
    """The slices of a matrix [m, k]; each line along the axis is scaled by its own power of two, or all by one."""
    largest = np.abs(matrix.high).max(axis=axis, keepdims=True, initial=0.0)
    exponent = np.frexp(largest)[1] + 1
    usual = np.clip(exponent, -_FARTHEST, _FARTHEST)
    is_usual = np.isfinite(largest) & (exponent <= _FARTHEST)
    scale = np.where(largest == 0, 0.0, np.where(is_usual, np.ldexp(1.0, usual), np.nan))
    # Zeros stay untouched, and cost no memory, where a matrix of floats is at an end after few slices.
    parts = np.zeros((how.slices, *matrix.high.shape))
    step, used = max(1, _CHUNK // max(1, matrix.high.shape[1])), 1
    for start in range(0, len(matrix.high), step):
        rows = slice(start, start + step)
        shrink = np.ldexp(1.0, -usual[rows] if len(usual) > 1 else -usual)
        rest, low = matrix.high[rows] * shrink, matrix.low[rows] * shrink if matrix.low.ndim else np.zeros(())
        number = 0
        while number < how.slices and (low.any() or rest.any()):
            part = parts[number, rows]
            number += 1
            # Adding this rounds to whole units of 2^(−bits · number): 53 bits hold no more.
            rounder = 1.5 * 2.0 ** (52 - how.bits * number)
            np.add(rest, rounder, out=part)
            part -= rounder
            rest -= part
            if low.any():
                rest, low = two_sum(rest, low)
        used = max(used, number)
    return Sliced(parts[:used], scale)


def product(a: Sliced, w: Sliced, how: Cut) -> Double:
    """[n, k] · [k, m] for few rows n, scaled as both are: it errs by how.slip and 2^-104 of itself."""
    count, rows, inner = a.parts.shape
    levels = np.zeros((how.slices, rows, w.parts.shape[2]))
    stacked = a.parts.reshape(count * rows, inner)
    for number, part in enumerate(w.parts):
        meet = min(count, how.slices - number)
        levels[number : number + meet] += (stacked[: meet * rows] @ part).reshape(meet, rows, -1)
    return _sum(list(levels))


def product_of_columns(d: Sliced, a: Sliced, how: Cut) -> Double:
    """[n, m]^T · [n, k], scaled as both are: it errs by how.slip and 2^-104 of itself."""
    (of_d, rows, width), of_a = d.parts.shape, len(a.parts)
    ds, reversed_as = d.parts.reshape(of_d * rows, width), a.parts[::-1].reshape(of_a * rows, -1)
    levels = []
    for level in range(1, min(how.slices, of_d + of_a - 1) + 1):
        # The pairs of slices t and level + 1 − t, side by side in the inner dimension: their sum is exact.
        first, last, shift = max(0, level - of_a), min(level, of_d), of_a - level
        levels.append(ds[first * rows : last * rows].T @ reversed_as[(first + shift) * rows : (last + shift) * rows])
    return _sum(levels)


def _sum(levels: list[Array]) -> Double:
    """The sum of arrays, given from the largest to the smallest; it may overwrite all but the first."""
    total, rest = (levels[0], np.zeros(())) if len(levels) == 1 else two_sum(levels[0], levels[1])
    small = levels[2:]
    for level in small[-2::-1]:
        small[-1] += level
    return Double(*two_sum(total, rest + small[-1] if small else rest))
