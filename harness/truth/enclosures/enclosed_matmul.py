"""Products of enclosed matrices: the midpoints by slices, the radii by a few float64 products.

The rounding error of correct code is measured relative to Σ|terms|, so the radius of a sum must be small relative to
Σ|terms|. The error of slices is relative to the largest entries of a row and a column. Where these two entries are not
multiplied with each other, Σ|terms| may be far smaller, and the entry is recomputed in ball arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import ctx

from harness.model.contract import Array
from harness.truth.enclosures.double_double import OPERATION_ERROR, SMALLEST_SUBNORMAL, to_double_double
from harness.truth.enclosures.enclosure import Enclosure
from harness.truth.enclosures.sliced_matmul import (
    SlicedMatrix,
    Slicing,
    slice_matrix,
    sliced_product,
    sliced_transpose_product,
    slicing_for,
)

# The largest truncation error that is accepted, relative to Σ|terms|: 2^-13 times the unit roundoff of float64.
ACCEPTED_TRUNCATION = 2.0**-66
# Covers the rounding of a radius: of sums of up to 2^20 nonnegative terms, and of the few operations after them.
ROUND_UP_SUM = 1 + 2.0**-30
_RESULT_CHUNK = 2**17  # entries of a result at once: they fit in a processor's cache
_BALL_PRECISION = 256  # bits


@dataclass(frozen=True, eq=False)
class SlicedWeights:
    """A matrix of exact floats [m, k] with its slices, for products with either dimension as the inner one."""

    w: Array
    slices: SlicedMatrix
    slicing: Slicing

    @property
    def transposed(self) -> SlicedWeights:
        """The transpose [k, m]."""
        return SlicedWeights(self.w.T, self.slices.transposed, self.slicing)


def slice_weights(w: Array) -> SlicedWeights:
    """Slice w [m, k] once, for both inner dimensions."""
    w, slicing = w.astype(np.float64, copy=False), slicing_for(max(w.shape))
    return SlicedWeights(w, slice_matrix(to_double_double(w), slicing), slicing)


def enclosed_product(a: Enclosure, w: SlicedWeights) -> Enclosure:
    """The product of a [n, k] and w [k, m], for few rows n. Cost: about a dozen float64 products."""
    a_slices = slice_matrix(a.midpoint, w.slicing, axis=1)
    propagated, terms = np.split(np.vstack([a.radius, np.abs(a.high)]) @ np.abs(w.w), 2)
    result, power = sliced_product(a_slices, w.slices, w.slicing), a_slices.scale * w.slices.scale
    truncation = np.broadcast_to(w.slicing.truncation_error * power, terms.shape)
    radius = (propagated + truncation + OPERATION_ERROR * terms) * ROUND_UP_SUM
    radius = radius + (w.slicing.inner + 3) * SMALLEST_SUBNORMAL
    product = Enclosure(result.high * power, result.low * power, radius)
    is_wide = ~(truncation <= ACCEPTED_TRUNCATION * terms)
    if not is_wide.any() and terms.all():
        return product
    # A sum of zeros is exactly 0, which decides the branch at a kink. Σ|terms| may also be 0 by underflow, so the
    # rows with a 0 are examined term by term.
    nonzero = terms > 0
    rows = ~nonzero.all(axis=1)
    nonzero[rows] = ((a.high[rows] != 0) | (a.radius[rows] != 0)).astype(float) @ (w.w != 0) > 0
    product = Enclosure(*(np.where(nonzero, part, 0.0) for part in (product.high, product.low, product.radius)))
    return recompute_in_balls(product, is_wide & nonzero, a, Enclosure.from_floats(w.w))


def sum_of_outer_products(delta: Enclosure, a: Enclosure) -> Enclosure:
    """δᵀ a = Σ_rows δ[row, j] a[row, k], [m, k], for delta [n, m] and a [n, k]. Cost: a dozen float64 products."""
    slicing = slicing_for(len(a.high))
    d_slices, a_slices = slice_matrix(delta.midpoint, slicing, axis=0), slice_matrix(a.midpoint, slicing, axis=0)
    d_size, a_size = np.abs(delta.high), np.abs(a.high)
    a_radius = a.radius + OPERATION_ERROR * a_size
    # One product computes the whole radius, with the truncation error as an additional term.
    d_factors = np.vstack([d_size, delta.radius, slicing.truncation_error * d_slices.scale])
    a_factors = np.vstack([a_radius, a_size + a_radius, a_slices.scale])
    high, low, radius = (np.empty((delta.high.shape[1], a.high.shape[1])) for _ in range(3))
    step = max(1, _RESULT_CHUNK // a.high.shape[1])
    for start in range(0, len(high), step):
        rows = slice(start, start + step)
        chunk = SlicedMatrix(d_slices.parts[:, :, rows], d_slices.scale[:, rows])
        result, power = sliced_transpose_product(chunk, a_slices, slicing), chunk.scale.T * a_slices.scale
        np.multiply(result.high, power, out=high[rows])
        np.multiply(result.low, power, out=low[rows])
        np.matmul(d_factors[:, rows].T, a_factors, out=radius[rows])
        radius[rows] *= ROUND_UP_SUM
        radius[rows] += (slicing.inner + 3) * SMALLEST_SUBNORMAL
    return Enclosure(high, low, radius)


def recompute_in_balls(product: Enclosure, is_wide: Array, left: Enclosure, right: Enclosure) -> Enclosure:
    """The product of left [m, n] and right [n, k] with the entries `is_wide` [m, k] recomputed in ball arithmetic.

    Cost: the product of the rows and the columns that contain such entries.
    """
    if not is_wide.any():
        return product
    rows, columns = np.flatnonzero(is_wide.any(axis=1)), np.flatnonzero(is_wide.any(axis=0))
    with ctx.workprec(_BALL_PRECISION):
        recomputed = left[rows].to_balls() * right[:, columns].to_balls()
        [exact] = Enclosure.from_balls([(recomputed.entries(), len(rows))])
    chosen = is_wide[np.ix_(rows, columns)]
    parts = [part.copy() for part in (product.high, product.low, product.radius)]
    for part, better in zip(parts, (exact.high, exact.low, exact.radius), strict=True):
        part[is_wide] = better[chosen]
    return Enclosure(*parts)
