"""Matrix products accurate to about 80 bits at the speed of float64, by error-free slices.

Each matrix is split into slices of so few bits that the products of slices are exact in float64: Ozaki, Ogita, Oishi
and Rump, "Error-free transformations of matrix multiplication by using fast routines of matrix multiplication and its
applications", Numerical Algorithms 59, 2012. A slice of β bits holds integer multiples of a unit, at most 2^(β − 1) of
them. So the sum of k · s products of two slices is at most k s 2^(2β − 2) <= 2^53 units, in every order of summation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array
from harness.truth.enclosures.double_double import DoubleDouble, two_sum

LONGEST_SUM = 2**20  # the largest inner dimension
SLICED_BITS = 80  # the smallest number of bits of a matrix's largest entries that its slices hold
_SCALING_LIMIT = 500  # largest exponent of a scale, so that the product of two scales stays in the range of float64
_SLICING_CHUNK = 2**15  # entries sliced at once: they fit in a processor's cache


@dataclass(frozen=True)
class Slicing:
    """How to slice two matrices whose product has inner dimension `inner`: the number of slices, and bits of each."""

    inner: int
    slices: int
    bits: int

    @property
    def truncation_error(self) -> float:
        """A bound on the error of a product of two matrices scaled to entries of at most 1/2.

        In units of k 2^(−bits · slices − 2): slices − 1 for the largest omitted pairs of slices, one each; 2 for the
        remainders of the two matrices; and less than 1 for all smaller pairs. To this is added the rounding of the
        third and smaller levels, of which each is at most k 2^(−2 bits).
        """
        units = (self.slices + 2) * 2.0 ** (-self.bits * self.slices - 2)
        return self.inner * (units + self.slices**2 * 2.0 ** (-2 * self.bits - 53))


@dataclass(frozen=True, eq=False)
class SlicedMatrix:
    """A matrix [m, k] as scale · Σ_s parts, up to little more than half a unit of the last slice.

    parts: [slices, m, k], the largest first. scale: powers of two, one for the whole matrix [1, 1] or one for each row
    [m, 1] or column [1, k]; 0 for zeros, and NaN for entries that are too large. Every scaled entry is at most 1/2.
    """

    parts: Array
    scale: Array

    @property
    def transposed(self) -> SlicedMatrix:
        """The slices of the transpose [k, m]."""
        return SlicedMatrix(self.parts.transpose(0, 2, 1), self.scale.T)


def slicing_for(inner: int) -> Slicing:
    """The slicing for products of inner dimension `inner`. Raises ValueError for more than LONGEST_SUM."""
    if inner > LONGEST_SUM:
        raise ValueError(f"sums of {inner} terms: expected at most {LONGEST_SUM}, the longest with an error bound")
    for slices in range(2, SLICED_BITS):
        bits = (55 - int(np.ceil(np.log2(max(2, inner * slices))))) // 2
        if bits * slices >= SLICED_BITS:
            return Slicing(inner, slices, bits)
    raise AssertionError("slices of a few bits reach SLICED_BITS")


def slice_matrix(matrix: DoubleDouble, slicing: Slicing, axis: int | None = None) -> SlicedMatrix:
    """The slices of a matrix [m, k], scaled to entries of at most 1/2.

    Axis 1 gives each row a power of two as its scale, axis 0 each column, and None gives one to the whole matrix.
    """
    largest = np.abs(matrix.high).max(axis=axis, keepdims=True, initial=0.0)
    exponent = np.frexp(largest)[1] + 1
    clipped = np.clip(exponent, -_SCALING_LIMIT, _SCALING_LIMIT)
    is_in_range = np.isfinite(largest) & (exponent <= _SCALING_LIMIT)
    scale = np.where(largest == 0, 0.0, np.where(is_in_range, np.ldexp(1.0, clipped), np.nan))
    # np.zeros takes no memory for slices that stay unused: a matrix of floats needs only a few.
    parts = np.zeros((slicing.slices, *matrix.high.shape))
    step, used = max(1, _SLICING_CHUNK // max(1, matrix.high.shape[1])), 1
    for start in range(0, len(matrix.high), step):
        rows = slice(start, start + step)
        shrink = np.ldexp(1.0, -clipped[rows] if len(clipped) > 1 else -clipped)
        high, low = matrix.high[rows] * shrink, matrix.low[rows] * shrink if matrix.low.ndim else np.zeros(())
        used = max(used, _extract_slices(high, low, slicing, parts[:, rows]))
    return SlicedMatrix(parts[:used], scale)


def _extract_slices(high: Array, low: Array, slicing: Slicing, parts: Array) -> int:
    """Fill `parts` with the slices of high + low, and return how many are needed. Overwrites `high`."""
    number = 0
    while number < slicing.slices and (low.any() or high.any()):
        part = parts[number]
        number += 1
        # Adding this constant rounds to whole units of 2^(−bits · number), because the sum has 53 bits.
        rounder = 1.5 * 2.0 ** (52 - slicing.bits * number)
        np.add(high, rounder, out=part)
        part -= rounder
        high -= part
        if low.any():
            high, low = two_sum(high, low)
    return number


def sliced_product(a: SlicedMatrix, w: SlicedMatrix, slicing: Slicing) -> DoubleDouble:
    """a [n, k] times w [k, m], for few rows n, without the scales of a and w.

    The error is at most slicing.truncation_error, plus 2^-104 of the product.
    """
    count, rows, inner = a.parts.shape
    levels = np.zeros((slicing.slices, rows, w.parts.shape[2]))
    stacked = a.parts.reshape(count * rows, inner)
    for number, part in enumerate(w.parts):
        pairs = min(count, slicing.slices - number)
        levels[number : number + pairs] += (stacked[: pairs * rows] @ part).reshape(pairs, rows, -1)
    return _sum_levels(list(levels))


def sliced_transpose_product(d: SlicedMatrix, a: SlicedMatrix, slicing: Slicing) -> DoubleDouble:
    """dᵀ a, for d [n, m] and a [n, k], without the scales of d and a.

    The error is at most slicing.truncation_error, plus 2^-104 of the product.
    """
    (d_count, rows, width), a_count = d.parts.shape, len(a.parts)
    ds, reversed_as = d.parts.reshape(d_count * rows, width), a.parts[::-1].reshape(a_count * rows, -1)
    levels = []
    for level in range(1, min(slicing.slices, d_count + a_count - 1) + 1):
        # One product sums the pairs of slices t and level + 1 − t, stacked along the inner dimension: it is exact.
        first, last, shift = max(0, level - a_count), min(level, d_count), a_count - level
        levels.append(ds[first * rows : last * rows].T @ reversed_as[(first + shift) * rows : (last + shift) * rows])
    return _sum_levels(levels)


def _sum_levels(levels: list[Array]) -> DoubleDouble:
    """The sum of arrays, ordered from the largest to the smallest. May overwrite all but the first."""
    total, rest = (levels[0], np.zeros(())) if len(levels) == 1 else two_sum(levels[0], levels[1])
    small = levels[2:]
    for level in small[-2::-1]:
        small[-1] += level
    return DoubleDouble(*two_sum(total, rest + small[-1] if small else rest))
