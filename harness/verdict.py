"""The verdict on one quantity of one layer: what the error is in units of what rounding explains. Verdicts are found in
harness.judgements.

No fixed tolerance takes part. Digits are for reading, and decide nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from harness.contract import Array

# Digits beyond these are rounding, and change with the machine's BLAS: reports show no more.
MOST_DIGITS = {"float64": 13, "float32": 5}
# From worst to best; the verdict on many is the worst of them.
VERDICTS = ("failed", "wrong", "inaccurate", "cannot tell", "agrees up to a convention", "agrees", "unsupported")


@dataclass(frozen=True)
class Judgement:
    """How one array compares with its standard.

    `excess` is the worst error in units of its bound, at `entry`, and `error` and `bound` are those of that entry;
    of `undecidable` entries nothing could be said. `relative` is the largest error relative to the largest true entry.
    `verdict` is `agrees`, `cannot tell`, or empty for a departure that is yet to be explained.
    """

    verdict: str
    excess: float
    entry: tuple[int, ...]
    error: float
    bound: float
    undecidable: int
    relative: float


def relative_to(error: float, scale: float) -> float:
    """An error relative to a scale; of none it is 0, and of any to nothing it is infinite."""
    return 0.0 if error == 0 else error / scale if scale > 0 else math.inf


def distance(one: Array, other: Array) -> float:
    """The largest difference, relative to the largest entry of both: 0 for equals, at most 2, NaN for NaN.
    Raises ValueError where the shapes differ.

    Normwise in the maximum norm, so that it neither overflows nor underflows where squares would.
    """
    if one.shape != other.shape:
        raise ValueError(f"shapes differ: {one.shape} and {other.shape}")
    if np.array_equal(one, other):
        return 0.0
    scale = max(np.abs(one).max(), np.abs(other).max())
    with np.errstate(invalid="ignore"):  # infinity over infinity is the NaN that it should be
        return float(np.abs(one / scale - other / scale).max())


def digits(error: float, dtype: str) -> int:
    """Whole decimal digits that agree, from 0 to what the dtype can carry; a NaN agrees in none."""
    most = MOST_DIGITS[dtype]
    if not error < 1:  # NaN too
        return 0
    return most if error == 0 else min(most, math.floor(-math.log10(error)))
