"""Products of enclosures: the midpoint by slices, the radius by a few products of floats.

What matters of a sum is its radius beside Σ|terms|, which is what the rounding of right code is measured by. Slices err
relative to the largest entries of a row and a column; where these do not meet, the sum may be far smaller, and is left
to balls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import ctx

from harness.model.contract import Array
from harness.truth.enclosures.double_double import OPERATION, SMALLEST, double
from harness.truth.enclosures.enclosure import Enclosure
from harness.truth.enclosures.sliced_matmul import Cut, Sliced, cut, cut_for, product, product_of_columns

# The slip of a product that is left alone, relative to Σ|terms|: 2^13 below the unit roundoff of float64.
NARROW = 2.0**-66
UPWARD = 1 + 2.0**-30  # covers the rounding of sums of up to 2^20 terms that are not negative, and of what follows
_CHUNK = 2**17  # entries of a result at once: as many as stay in a processor's cache
_PRECISION = 256  # bits of the balls


@dataclass(frozen=True, eq=False)
class Weights:
    """A matrix of floats [m, k], and its slices for products with either side."""

    w: Array
    slices: Sliced
    how: Cut

    @property
    def transposed(self) -> Weights:
        """[k, m]"""
        return Weights(self.w.T, self.slices.transposed, self.how)


def weights(w: Array) -> Weights:
    """Cut them once, for both of their inner dimensions."""
    w, how = w.astype(np.float64, copy=False), cut_for(max(w.shape))
    return Weights(w, cut(double(w), how), how)


def times(a: Enclosure, w: Weights) -> Enclosure:
    """[n, k] · [k, m], for few rows n. Cost: about a dozen products of floats."""
    a_slices = cut(a.middle, w.how, axis=1)
    moved, terms = np.split(np.vstack([a.radius, np.abs(a.high)]) @ np.abs(w.w), 2)
    result, power = product(a_slices, w.slices, w.how), a_slices.scale * w.slices.scale
    slip = np.broadcast_to(w.how.slip * power, terms.shape)
    radius = (moved + slip + OPERATION * terms) * UPWARD + (w.how.inner + 3) * SMALLEST
    found = Enclosure(result.high * power, result.low * power, radius)
    wide = ~(slip <= NARROW * terms)
    if not wide.any() and terms.all():
        return found
    # A sum of zeros is 0, and not just nearly: at a kink that decides. (Σ|terms| may be 0 by underflow, too.)
    meets = terms > 0
    rows = ~meets.all(axis=1)
    meets[rows] = ((a.high[rows] != 0) | (a.radius[rows] != 0)).astype(float) @ (w.w != 0) > 0
    found = Enclosure(*(np.where(meets, part, 0.0) for part in (found.high, found.low, found.radius)))
    return by_balls(found, wide & meets, a, Enclosure.exactly(w.w))


def sum_of_outer_products(delta: Enclosure, a: Enclosure) -> Enclosure:
    """Σ_rows δ[row, j] a[row, k]: [n, m] and [n, k] to [m, k]. Cost: about a dozen products of floats."""
    how = cut_for(len(a.high))
    d_slices, a_slices = cut(delta.middle, how, axis=0), cut(a.middle, how, axis=0)
    d_size, a_size = np.abs(delta.high), np.abs(a.high)
    a_wide = a.radius + OPERATION * a_size
    # One product for all that the radius is made of, with the slip as one term more.
    of_d = np.vstack([d_size, delta.radius, how.slip * d_slices.scale])
    of_a = np.vstack([a_wide, a_size + a_wide, a_slices.scale])
    high, low, radius = (np.empty((delta.high.shape[1], a.high.shape[1])) for _ in range(3))
    step = max(1, _CHUNK // a.high.shape[1])
    for start in range(0, len(high), step):
        rows = slice(start, start + step)
        mine = Sliced(d_slices.parts[:, :, rows], d_slices.scale[:, rows])
        result, power = product_of_columns(mine, a_slices, how), mine.scale.T * a_slices.scale
        np.multiply(result.high, power, out=high[rows])
        np.multiply(result.low, power, out=low[rows])
        np.matmul(of_d[:, rows].T, of_a, out=radius[rows])
        radius[rows] *= UPWARD
        radius[rows] += (how.inner + 3) * SMALLEST
    return Enclosure(high, low, radius)


def by_balls(found: Enclosure, wide: Array, one: Enclosure, other: Enclosure) -> Enclosure:
    """The product [m, n] · [n, k] with its wide entries from balls. Cost: the rows and columns that have any."""
    if not wide.any():
        return found
    rows, columns = np.flatnonzero(wide.any(axis=1)), np.flatnonzero(wide.any(axis=0))
    with ctx.workprec(_PRECISION):
        product_of_those = one[rows].balls() * other[:, columns].balls()
        [exact] = Enclosure.of_balls([(product_of_those.entries(), len(rows))])
    chosen = wide[np.ix_(rows, columns)]
    parts = [part.copy() for part in (found.high, found.low, found.radius)]
    for part, better in zip(parts, (exact.high, exact.low, exact.radius), strict=True):
        part[wide] = better[chosen]
    return Enclosure(*parts)
