"""How tight bounds are: the quantiles of error over bound, of any number of entries in a few kilobytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array

# A bin for every twentieth of a decade (12%) from 1e-20, below which nothing is told apart, to 1e5.
_LOWEST, _HIGHEST, _A_DECADE = -20, 5, 20
_BINS = (_HIGHEST - _LOWEST) * _A_DECADE


@dataclass(frozen=True, eq=False)
class Tightness:
    """How many entries had an error of exactly 0, and the histogram of error over bound of the others."""

    exact: int
    counts: Array

    @classmethod
    def of(cls, units: Array) -> Tightness:
        """Of errors in units of their bounds, an array of any shape; a NaN counts as the largest."""
        flat = units.ravel()
        inexact = flat[flat != 0]
        with np.errstate(over="ignore"):
            decades = np.log10(np.where(np.isnan(inexact), np.inf, inexact))
        bins = np.floor((np.clip(decades, _LOWEST, _HIGHEST) - _LOWEST) * _A_DECADE).astype(int)
        counts = np.bincount(np.minimum(bins, _BINS - 1), minlength=_BINS)
        return cls(flat.size - inexact.size, counts)

    @property
    def entries(self) -> int:
        return self.exact + int(self.counts.sum())

    def plus(self, other: Tightness) -> Tightness:
        return Tightness(self.exact + other.exact, self.counts + other.counts)

    def quantile(self, share: float, *, with_exact: bool = True) -> float:
        """The error over its bound that this share of the entries does not reach, rounded down to its bin; NaN where
        there are no entries. Without those that are exact, or with them, as 0."""
        zeros = self.exact if with_exact else 0
        cumulated = zeros + self.counts.cumsum()
        if cumulated[-1] == 0:
            return float("nan")
        wanted = share * cumulated[-1]
        if wanted < zeros:
            return 0.0
        place = int(np.searchsorted(cumulated, wanted, side="right"))
        return float(10.0 ** (min(place, _BINS - 1) / _A_DECADE + _LOWEST))


NONE = Tightness(0, np.zeros(_BINS, dtype=int))
