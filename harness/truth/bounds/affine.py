"""Errors with their signs: what a few sources do to each entry is kept apart, so that they may cancel on the way.

Affine arithmetic (de Figueiredo and Stolfi, "Affine arithmetic: concepts and applications", Numerical Algorithms 37,
2004). Through two layers an error is multiplied by |W² F W¹| and not by |W²| |F W¹|, which is larger by about the
square root of the width between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array

# Numbers to follow at once: as many as stay in a processor's cache. A layer that would bring more is bounded by sizes
# alone, since to follow k sources costs as much as k backprops.
MOST = 2**16
_SLACK = 2.0**-40  # covers the rounding of signed sums of float64, relative to the sum of their sizes


@dataclass(frozen=True, eq=False)
class Affine:
    """For n samples the errors Σ_k signed[:, :, k] ε_k + rest ε of one layer, with |ε| ≤ 1: `signed` is
    [n, n_l, sources], where an ε_k is the same for all entries of a sample, and `rest` [n, n_l] is not negative;
    `total` [n, n_l] is the largest error of every entry, Σ_k |signed| + rest."""

    signed: Array
    rest: Array
    total: Array

    @classmethod
    def of(cls, signed: Array, rest: Array) -> Affine:
        return cls(signed, rest, np.abs(signed).sum(axis=2) + rest if signed.size else rest)

    @classmethod
    def unsigned(cls, rest: Array) -> Affine:
        """Errors of which only the sizes are known."""
        return cls(np.zeros((*rest.shape, 0)), rest, rest)

    def through(self, w: Array) -> Affine:
        """What they become in the product with wᵀ, w [m, n_l]."""
        return Affine.of(w @ self.signed, (self.rest + _SLACK * self.total) @ np.abs(w).T)

    def times(self, factor: Array) -> Affine:
        """What they become in the product with [n, n_l], entry by entry."""
        size = np.abs(factor)
        return Affine(factor[:, :, None] * self.signed, size * self.rest, size * self.total)

    def plus(self, other: Affine) -> Affine:
        """The errors of a sum; the sources of `other` are the first of these."""
        signed = self.signed.copy()
        signed[:, :, : other.signed.shape[2]] += other.signed
        return Affine.of(signed, self.rest + other.rest)

    def widened(self, local: Array) -> Affine:
        """With errors of unknown sign beside them."""
        return Affine(self.signed, self.rest + local, self.total + local)

    def with_sources(self, local: Array) -> Affine:
        """With one new source for every entry, if so many can be followed."""
        width = local.shape[1]
        if local.size * (self.signed.shape[2] + width) > MOST:
            return self.widened(local)
        fresh = local[:, :, None] * np.eye(width)
        return Affine(np.concatenate([self.signed, fresh], axis=2), self.rest, self.total + local)
