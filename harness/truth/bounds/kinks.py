"""The values that backprop may take if rounding decides the branch at a kink of relu or leaky_relu.

Where a weighted input is within its rounding error of 0, correct code may take either slope, so what depends on it has
a set of true values. The intervals contain the whole set, and the values for all slopes between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.model.activations import LEAKY_RELU_SLOPE
from harness.model.contract import Array
from harness.truth.bounds.float_format import OUTWARD
from harness.truth.enclosures.enclosure import Enclosure

NEGATIVE_SLOPES = {"relu": 0.0, "leaky_relu": LEAKY_RELU_SLOPE}
# The largest number of floats in the directions of a layer (128 MB). The rows of further kinks have no bound.
MOST_COMPONENTS = 2**24


@dataclass(frozen=True, eq=False)
class Interval:
    """The possible changes of each entry of an array: lower <= 0 <= upper, of its shape, or 0-d where none changes."""

    lower: Array
    upper: Array

    @property
    def width(self) -> Array:
        """The width of each interval; no entry changes by more."""
        return np.asarray(self.upper - self.lower)

    def scaled(self, factor: float) -> Interval:
        """The changes of the products with a number."""
        if self is UNCHANGED:
            return self
        ends = factor * self.lower, factor * self.upper
        return Interval(np.minimum(*ends), np.maximum(*ends))

    def without(self, entries: Array) -> Interval:
        """The same, but with no change of these entries."""
        if self is UNCHANGED:
            return self
        return Interval(np.where(entries, 0.0, self.lower), np.where(entries, 0.0, self.upper))

    def __getitem__(self, index: Any) -> Interval:
        return self if self is UNCHANGED else Interval(self.lower[index], self.upper[index])

    def sum_over_rows(self, inputs: Enclosure) -> Interval:
        """The changes of Σ_rows δ[row, j] [a, 1][row, k], [m, k + 1], for these changes of δ [n, m]; `inputs` are a
        [n, k]."""
        if self is UNCHANGED:
            return self
        a = inputs.with_ones_column.high
        positive, negative = np.maximum(a, 0), np.minimum(a, 0)
        lower, upper = self.lower.T @ positive, self.upper.T @ positive
        if negative.any():
            lower, upper = lower + self.upper.T @ negative, upper + self.lower.T @ negative
        return Interval(OUTWARD * lower, OUTWARD * upper)


UNCHANGED = Interval(np.zeros(()), np.zeros(()))


def slope_changes(name: str, z: Array, is_near: Array, is_zero: Array) -> Interval:
    """The possible changes of f'(z) where z `is_near` a kink; all arrays are [n, n_l].

    f'(0) is the slope of negative z. But a z of 0 may also be a positive number that underflows, unless it is exactly
    0, as where `is_zero`.
    """
    if not is_near.any():
        return UNCHANGED
    jump = 1 - NEGATIVE_SLOPES[name]
    may_fall, may_rise = is_near & (z >= 0) & ~is_zero, is_near & (z <= 0)
    return Interval(np.where(may_fall, -jump, 0.0), np.where(may_rise, jump, 0.0))


@dataclass(frozen=True, eq=False)
class Directions:
    """Changes of whole rows of an array [n, m]: row rows[k] changes by v_k vectors[k], with an unknown v_k in [0, 1].

    Shapes: rows [K], vectors [K, m].
    """

    rows: Array
    vectors: Array

    def scaled(self, factor: Array) -> Directions:
        """The changes of the elementwise product with a factor [n, m]."""
        return Directions(self.rows, self.vectors * factor[self.rows]) if len(self.rows) else self

    def total(self, count: int) -> Interval:
        """The interval of each entry of the array, which has `count` rows."""
        if not len(self.rows):
            return UNCHANGED
        lower, upper = (np.zeros((count, self.vectors.shape[1])) for _ in range(2))
        order = np.argsort(self.rows, kind="stable")
        rows, starts = np.unique(self.rows[order], return_index=True)
        vectors = self.vectors[order]
        lower[rows] = np.add.reduceat(np.minimum(vectors, 0), starts)
        upper[rows] = np.add.reduceat(np.maximum(vectors, 0), starts)
        return Interval(lower, upper)


@dataclass(frozen=True, eq=False)
class KinkChanges:
    """The possible changes of δ [n, n_l]: the total of each entry, and its two parts.

    own: those of the entries at a kink. later: those of the others, which are due to kinks of later layers.
    """

    total: Interval
    own: Interval
    later: Directions

    @classmethod
    def of_product(cls, factor: Array, changes: Directions, slope: Array, slopes: Interval) -> KinkChanges:
        """The changes of (factor + changes) ⊙ f'(z) for changes `slopes` of f'(z), which is `slope`; all [n, n_l]."""
        of_factor = changes.total(len(factor))
        if slopes is UNCHANGED:
            total = of_factor if of_factor is UNCHANGED else Interval(of_factor.lower * slope, of_factor.upper * slope)
            return cls(total, UNCHANGED, changes.scaled(slope))
        ends = factor + of_factor.lower, factor + of_factor.upper
        products = [end * (slope + change) - slope * factor for end in ends for change in (slopes.lower, slopes.upper)]
        is_kink, elsewhere = slopes.width > 0, np.where(slopes.width > 0, 0.0, slope)
        lower = np.where(is_kink, np.minimum.reduce([*products, np.zeros_like(factor)]), 0.0)
        upper = np.where(is_kink, np.maximum.reduce([*products, np.zeros_like(factor)]), 0.0)
        total = Interval(lower + of_factor.lower * elsewhere, upper + of_factor.upper * elsewhere)
        return cls(total, Interval(lower, upper), changes.scaled(elsewhere))

    def through_weights(self, w: Array) -> tuple[Directions, Array]:
        """The changes of δ W, for W [n_l, m], and a boolean [n, 1]: the rows with too many kinks to follow."""
        rows, vectors = [self.later.rows], [self.later.vectors @ w]
        if self.own is UNCHANGED:
            return Directions(rows[0], vectors[0]), np.zeros((1, 1), dtype=bool)
        ends = self.own.lower, self.own.upper
        if (len(rows[0]) + sum(map(np.count_nonzero, ends))) * max(w.shape) > MOST_COMPONENTS:
            return Directions(rows[0], vectors[0]), np.asarray(self.own.width.any(axis=1, keepdims=True))
        for end in ends:
            row, unit = np.nonzero(end)
            rows.append(row)
            vectors.append(end[row, unit][:, None] * w[unit])
        return Directions(np.concatenate(rows), np.concatenate(vectors)), np.zeros((1, 1), dtype=bool)


def no_directions(width: int) -> Directions:
    """No change of any row, for an array [n, width]."""
    return Directions(np.zeros(0, dtype=int), np.zeros((0, width)))
