"""Affine arithmetic: errors with signs, so that errors from the same source can cancel.

De Figueiredo and Stolfi, "Affine arithmetic: concepts and applications", Numerical Algorithms 37, 2004. Through two
layers an error is multiplied by |W² F W¹| instead of |W²| |F W¹|, which is larger by about the square root of the
width between the layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array

# The largest number of coefficients to follow: they fit in a processor's cache. A layer that would exceed it is bounded
# by magnitudes alone, because following k noise symbols costs as much as k backprops.
MOST_COEFFICIENTS = 2**16
SLACK = 2.0**-40  # covers the rounding of the float64 sums of coefficients, relative to the sum of their magnitudes


@dataclass(frozen=True, eq=False)
class AffineForms:
    """The errors of one layer for n samples, each the affine form Σ_k coefficients[:, :, k] ε_k + remainder ε.

    The noise symbols ε_k and ε lie in [−1, 1]; an ε_k is the same for all entries of a sample, and each entry has its
    own ε. Shapes: coefficients [n, n_l, symbols]; remainder [n, n_l], not negative; total [n, n_l], the total
    deviation Σ_k |coefficients| + remainder, which is the largest error of an entry.
    """

    coefficients: Array
    remainder: Array
    total: Array

    @classmethod
    def from_terms(cls, coefficients: Array, remainder: Array) -> AffineForms:
        """The forms with these coefficients [n, n_l, symbols] and this remainder [n, n_l]."""
        total = np.abs(coefficients).sum(axis=2) + remainder if coefficients.size else remainder
        return cls(coefficients, remainder, total)

    @classmethod
    def from_magnitudes(cls, remainder: Array) -> AffineForms:
        """Errors of unknown sign, with these largest magnitudes [n, n_l]."""
        return cls(np.zeros((*remainder.shape, 0)), remainder, remainder)

    def through_weights(self, w: Array) -> AffineForms:
        """The errors of the product with Wᵀ, for W [m, n_l]."""
        return AffineForms.from_terms(w @ self.coefficients, (self.remainder + SLACK * self.total) @ np.abs(w).T)

    def scaled(self, factor: Array) -> AffineForms:
        """The errors of the elementwise product with a factor [n, n_l]."""
        size = np.abs(factor)
        return AffineForms(factor[:, :, None] * self.coefficients, size * self.remainder, size * self.total)

    def add(self, other: AffineForms) -> AffineForms:
        """The errors of a sum; the noise symbols of `other` are the first noise symbols of these forms."""
        coefficients = self.coefficients.copy()
        coefficients[:, :, : other.coefficients.shape[2]] += other.coefficients
        return AffineForms.from_terms(coefficients, self.remainder + other.remainder)

    def with_local_error(self, local: Array) -> AffineForms:
        """These errors plus local errors of unknown sign, at most `local` [n, n_l] in magnitude."""
        return AffineForms(self.coefficients, self.remainder + local, self.total + local)

    def with_noise_symbols(self, local: Array) -> AffineForms:
        """As `with_local_error`, with a new noise symbol for each entry while MOST_COEFFICIENTS allows it."""
        width = local.shape[1]
        if local.size * (self.coefficients.shape[2] + width) > MOST_COEFFICIENTS:
            return self.with_local_error(local)
        fresh = local[:, :, None] * np.eye(width)
        return AffineForms(np.concatenate([self.coefficients, fresh], axis=2), self.remainder, self.total + local)
