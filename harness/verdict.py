"""Digits of agreement, and the verdict that follows from them.

The verdict is provisional: it rests on the distance to the reference alone, by the thresholds below, which
stand nowhere else.
"""

from __future__ import annotations

import math

import numpy as np

from harness.contract import Array

# Digits beyond these are rounding, and change with the machine's BLAS: reports show no more.
MOST_DIGITS = {"float64": 13, "float32": 5}
# As many digits are agreement; as many are a right formula whose arithmetic loses digits.
AGREES = {"float64": 11, "float32": 4}
INACCURATE = {"float64": 4, "float32": 1}


def distance(one: Array, other: Array) -> float:
    """The largest difference, relative to the largest entry of both: 0 for equals, at most 2, NaN for NaN.

    Normwise in the maximum norm, so that it neither overflows nor underflows where squares would.
    """
    if np.array_equal(one, other):
        return 0.0
    scale = max(np.abs(one).max(initial=0), np.abs(other).max(initial=0))
    with np.errstate(invalid="ignore"):  # infinity over infinity is the NaN that it should be
        return float(np.abs(one / scale - other / scale).max())


def digits(error: float, dtype: str) -> int:
    """Whole decimal digits that agree, from 0 to what the dtype can carry; a NaN agrees in none."""
    most = MOST_DIGITS[dtype]
    if not error < 1:  # NaN too
        return 0
    return most if error == 0 else min(most, math.floor(-math.log10(error)))


def verdict(agreeing: int, dtype: str) -> str:
    """`agrees`, `inaccurate` or `wrong`, from the digits of agreement with the reference."""
    if agreeing >= AGREES[dtype]:
        return "agrees"
    return "inaccurate" if agreeing >= INACCURATE[dtype] else "wrong"
