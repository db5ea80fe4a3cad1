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
    is_certain = (np.abs(x.value) > x.error) | (x.error == 0)
    return RoundedArray(np.sign(x.value), np.where(is_certain, 0.0, 2.0), x.fmt)


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
    """The largest integer up to x; the error is that of the integers that are possible."""
    if not isinstance(x, RoundedArray):
        return np.floor(x)
    value, low, high = np.floor(x.value), np.floor(x.value - x.error), np.floor(x.value + x.error)
    return RoundedArray(value, np.maximum(value - low, high - value), x.fmt)


def nearest_integer(x: Any) -> Any:
    """The integer nearest to x; of two that are equally near the even one, within the error either."""
    if not isinstance(x, RoundedArray):
        return np.round(x)
    value, low, high = np.round(x.value), np.round(x.value - x.error), np.round(x.value + x.error)
    return RoundedArray(value, np.maximum(value - low, high - value), x.fmt)


def one_hot_of_largest(x: Any) -> Any:
    """1 at the first of the largest numbers of each row and else 0; with an error where another one may be larger."""
    value = x.value if isinstance(x, RoundedArray) else x
    hot = np.zeros_like(value)
    hot[np.arange(len(value)), value.argmax(axis=1)] = 1.0
    if not isinstance(x, RoundedArray):
        return hot
    largest_low = (value - x.error).max(axis=1, keepdims=True)
    may_be = value + x.error >= largest_low
    is_open = may_be & (may_be.sum(axis=1, keepdims=True) > 1)
    return RoundedArray(hot, np.where(is_open, 1.0, 0.0), x.fmt)


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
    size, relative = np.abs(base.value), base.error / np.abs(base.value)
    # log|x| is within −log(1 − r) of the true one, if x has the relative error r < 1.
    of_log = np.where(relative < 1, -np.log1p(-np.minimum(relative, 1.0)), np.inf)
    change = (np.abs(exponent.value) + exponent.error) * of_log + np.abs(np.log(size)) * exponent.error
    is_exact = (base.error == 0) & (exponent.error == 0)
    error = np.abs(value) * (np.where(is_exact, 0.0, np.expm1(change)) + 4 * fmt.function_relative_error)
    return RoundedArray(value, error, fmt)


def _as_rounded(x: Any, fmt: FloatFormat) -> RoundedArray:
    return x if isinstance(x, RoundedArray) else RoundedArray(np.asarray(x, float), np.zeros(np.shape(x)), fmt)
