"""The results on a case, compared with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import Arrays

_TOGETHER = 2**16  # numbers of one result that are compared at once, where they are of several quantities
_AT_ONCE = 2**20  # numbers of all results that one is compared with at once


def distances(given: Sequence[Arrays]) -> dict[str, Array]:
    """By quantity [k, k]: the distance of each two in the worst layer that both have; NaN where they
    share none, and on and below the diagonal.

    What is the same to the bit is compared once; and arrays are laid end to end, since most are small.
    """
    worst: dict[str, Array] = {}
    below = np.tril_indices(len(given))
    for keys in _together(given):
        found = _by_key(given, keys)
        for (quantity, _), one in zip(keys, found, strict=True):
            one[below] = np.nan
            worst[quantity] = np.fmax(worst[quantity], one) if quantity in worst else one
    return worst


def _together(given: Sequence[Arrays]) -> Iterator[list[tuple[str, int]]]:
    """The keys that any has, in parts of some size."""
    sizes = {key: array.size for arrays in given for key, array in arrays.items()}
    part: list[tuple[str, int]] = []
    for key, size in sizes.items():
        if part and sum(sizes[one] for one in part) + size > _TOGETHER:
            yield part
            part = []
        part.append(key)
    if part:
        yield part


def _by_key(given: Sequence[Arrays], keys: list[tuple[str, int]]) -> Array:
    """[keys, k, k], NaN where either has no such array."""
    lengths = [next(arrays[key].size for arrays in given if key in arrays) for key in keys]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    values = np.full((len(given), sum(lengths)), np.nan)
    for row, arrays in zip(values, given, strict=True):
        for key, start, length in zip(keys, starts, lengths, strict=True):
            if key in arrays:
                row[start : start + length] = arrays[key].ravel()
    values += 0.0  # -0 is 0
    numbers: dict[bytes, int] = {}
    which = [numbers.setdefault(row.tobytes(), len(numbers)) for row in values]
    different = values[[which.index(number) for number in range(len(numbers))]]
    between = _between(different, starts, lengths)
    return between[:, which][:, :, which]


def _between(values: Array, starts: Array, lengths: Sequence[int]) -> Array:
    """[keys, m, m] for m rows of which no two are the same."""
    count = len(values)
    scales = np.fmax.reduceat(np.abs(values), starts, axis=1)
    found = np.where(np.isnan(scales), np.nan, 0.0).T[:, :, None] + np.zeros(count)
    step = max(1, _AT_ONCE // values.shape[1])
    for i in range(count - 1):
        for j in range(i + 1, count, step):
            others = slice(j, j + step)
            scale = np.maximum(scales[i], scales[others])
            scale[scale == 0] = 1.0
            each = np.repeat(scale, lengths, axis=1)
            apart = np.abs(values[i] / each - values[others] / each)
            found[:, i, others] = np.fmax.reduceat(apart, starts, axis=1).T
            found[:, others, i] = found[:, i, others]
    return found
