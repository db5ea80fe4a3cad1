"""Functions of each number of an array, which may be a RoundedArray, whose error they propagate."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.truth.bounds.float_format import FloatFormat
from harness.truth.bounds.rounded_array import RoundedArray


def sign(x: Any) -> Any:
    """−1, 0 or 1 for each number; within the error of 0 it may be any of them."""
    if not isinstance(x, RoundedArray):
        return np.sign(x)
    return RoundedArray(np.sign(x.value), np.where((np.abs(x.value) <= x.error) & (x.error > 0), 2.0, 0.0), x.fmt)


def square_root(x: Any) -> Any:
    """√x for each number; of a RoundedArray within its error and a rounding."""
    if not isinstance(x, RoundedArray):
        return np.sqrt(x)
    root = np.sqrt(x.value)
    low, high = np.sqrt(np.maximum(x.value - x.error, 0.0)), np.sqrt(x.value + x.error)
    error = np.maximum(root - low, high - root)
    return RoundedArray(root, error + 2 * x.fmt.u * high, x.fmt)


def normed(x: Any) -> Any:
    """The array divided by the Euclidean norm of all its numbers."""
    return x / square_root((x * x).sum())


def clip_each(x: Any, c: float) -> Any:
    """x, but at least −c and at most c."""
    if not isinstance(x, RoundedArray):
        return np.clip(x, -c, c)
    return RoundedArray(np.clip(x.value, -c, c), x.error, x.fmt)


def floored(x: Any) -> Any:
    """The largest integer up to x; near an integer the error is 1."""
    if not isinstance(x, RoundedArray):
        return np.floor(x)
    is_near = np.floor(x.value - x.error) != np.floor(x.value + x.error)
    return RoundedArray(np.floor(x.value), np.where(is_near, 1.0, 0.0), x.fmt)


def modulo(x: Any, y: Any) -> Any:
    """x − ⌊x/y⌋ y, as Python's % has it."""
    return x - floored(x / y) * y


def power(x: Any, y: Any) -> Any:
    """x to the power y; NaN where x is negative and y is no integer."""
    if not isinstance(x, RoundedArray) and not isinstance(y, RoundedArray):
        return np.power(x, y)
    fmt = x.fmt if isinstance(x, RoundedArray) else y.fmt
    base, exponent = _as_rounded(x, fmt), _as_rounded(y, fmt)
    value = np.power(base.value, exponent.value)
    relative = np.abs(exponent.value) * base.error / np.abs(base.value)
    relative = relative + np.abs(np.log(np.abs(base.value))) * (exponent.error + fmt.u * np.abs(exponent.value))
    return RoundedArray(value, np.abs(value) * (np.expm1(2 * relative) + 4 * fmt.function_relative_error), fmt)


def _as_rounded(x: Any, fmt: FloatFormat) -> RoundedArray:
    return x if isinstance(x, RoundedArray) else RoundedArray(np.asarray(x, float), np.zeros(np.shape(x)), fmt)
