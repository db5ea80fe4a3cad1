"""What the definitions of layers use beside numpy: each works on numpy arrays, and on traced ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.layers.tracing.bounded import OUTSIDE
from harness.layers.tracing.functions import ELEMENTARY
from harness.layers.tracing.traced import Traced, apply, without_derivative
from harness.model.contract import Array

__all__ = [
    "erf",
    "expm1",
    "log_one_plus_exp",
    "one_hot_rows",
    "only_first",
    "padded",
    "put",
    "put_last",
    "sigmoid",
    "take",
    "windows",
    "without_derivative",
]


def sigmoid(z: Any) -> Any:
    """1 / (1 + e^(−z)), without overflow."""
    if isinstance(z, Traced):
        return apply(ELEMENTARY["sigmoid"], z)
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def erf(x: Any) -> Any:
    """2/√π times the integral of e^(−t²) from 0 to x."""
    if isinstance(x, Traced):
        return apply(ELEMENTARY["erf"], x)
    from scipy.special import erf as of_scipy

    return of_scipy(x)


def expm1(x: Any) -> Any:
    """e^x − 1."""
    return apply(ELEMENTARY["expm1"], x) if isinstance(x, Traced) else np.expm1(x)


def log_one_plus_exp(x: Any) -> Any:
    """log(1 + e^x), without overflow."""
    if isinstance(x, Traced):
        return apply(ELEMENTARY["softplus"], x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def one_hot_rows(labels: Array, classes: int) -> Array:
    """[...] labels -> [..., classes], 1 at the label."""
    return np.eye(classes)[labels]


def take(x: Any, index: Array) -> Any:
    """The entries of x at flat indices, 0 at −1, in the shape of `index`."""
    if isinstance(x, Traced):
        return x.take(index)
    return np.append(np.ravel(x), 0.0)[index]


def put(x: Any, index: Array, shape: tuple[int, ...]) -> Any:
    """The transpose of `take`: entries with the same flat index are summed, in an array of this shape."""
    if isinstance(x, Traced):
        return x.put(index, shape)
    whole = np.zeros(int(np.prod(shape)) + 1)  # the last entry takes what is outside
    np.add.at(whole, index, x)
    return whole[:-1].reshape(shape)


def put_last(x: Any, index: Array, shape: tuple[int, ...]) -> Any:
    """Like `put`, but of several entries with the same flat index the last one stays, as in an assignment in a loop."""
    flat = index.ravel()
    is_last = np.zeros(flat.size, dtype=bool)
    is_last[flat.size - 1 - np.unique(flat[::-1], return_index=True)[1]] = True
    return put(x, np.where(is_last.reshape(index.shape), index, OUTSIDE), shape)


def only_first(shape: tuple[int, ...], *axes: int) -> Array:
    """1 where the indices along these axes are 0, and 0 elsewhere: what a loop sees that returns too early."""
    return np.asarray(sum(np.indices(shape)[axis] for axis in axes) == 0, dtype=np.float64)


def padded(shape: tuple[int, ...], pad: int) -> Array:
    """The flat indices of images [..., H, W] with a border of `pad` entries outside."""
    width = [(0, 0)] * (len(shape) - 2) + [(pad, pad)] * 2
    return np.pad(np.arange(int(np.prod(shape))).reshape(shape), width, constant_values=OUTSIDE)


def windows(shape: tuple[int, ...], height: int, width: int, stride: int, pad: int = 0) -> Array:
    """The flat indices of the windows of images: [N, C, H, W] -> [N, C, H', W', height, width]."""
    views = np.lib.stride_tricks.sliding_window_view(padded(shape, pad), (height, width), axis=(-2, -1))
    return views[..., ::stride, ::stride, :, :]
