"""The verdict on one quantity of one layer: what the error is in units of what rounding explains. Many small arrays are
judged at once, because laid end to end they cost what one does.

No fixed tolerance takes part. Digits are for reading, and decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import Arrays

if TYPE_CHECKING:
    from harness.truth.certify import Standard


# Digits beyond these are rounding, and change with the machine's BLAS: reports show no more.
MOST_DIGITS = {"float64": 13, "float32": 5}
# From worst to best; the verdict on many is the worst of them.
VERDICTS = ("failed", "wrong", "inaccurate", "cannot tell", "agrees up to a convention", "agrees", "unsupported")


@dataclass(frozen=True)
class Judgement:
    """How one array compares with its standard.

    `error_ratio` is the worst error in units of its bound, at `entry`, and `error` and `bound` are those of that entry;
    of `undecidable` entries nothing could be said. `relative` is the largest error relative to the largest true entry.
    `verdict` is `agrees`, `cannot tell`, or empty for a departure that is yet to be explained.
    """

    verdict: str
    error_ratio: float
    entry: tuple[int, ...]
    error: float
    bound: float
    undecidable: int
    relative: float


def relative_to(error: float, scale: float) -> float:
    """An error relative to a scale; of none it is 0, and of any to nothing it is infinite."""
    return 0.0 if error == 0 else error / scale if scale > 0 else math.inf


def max_norm_distance(one: Array, other: Array) -> float:
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


Key = tuple[str, int]
MAX_BATCH_SIZE = 2**16  # numbers that are laid end to end, at most, unless one array has more


@dataclass(frozen=True, eq=False)
class Batch:
    """Some standards, end to end: each begins at its place in `starts`. `allowed` is bound plus radius; `unclear` is
    how many entries of each are undecidable, and `scales` the largest entry of each."""

    keys: Sequence[Key]
    shapes: Sequence[tuple[int, ...]]
    starts: Array
    high: Array
    low: Array
    allowed: Array
    undecidable: Array
    unclear: Sequence[int]
    scales: Sequence[float]


def batched(standards: Mapping[Key, Standard]) -> list[Batch]:
    """The standards laid end to end, in parts of some size."""
    return [_batch({key: standards[key] for key in keys}) for keys in _batch_keys(standards)]


def _batch_keys(standards: Mapping[Key, Standard]) -> Iterator[list[Key]]:
    keys: list[Key] = []
    size = 0
    for key, standard in standards.items():
        if keys and size + standard.bound.size > MAX_BATCH_SIZE:
            yield keys
            keys, size = [], 0
        keys.append(key)
        size += standard.bound.size
    if keys:
        yield keys


def _batch(standards: Mapping[Key, Standard]) -> Batch:
    of = list(standards.values())
    sizes = [one.bound.size for one in of]
    return Batch(
        keys=list(standards),
        shapes=[one.bound.shape for one in of],
        starts=np.cumsum([0, *sizes[:-1]]),
        high=_concatenated([one.truth.high for one in of]),
        low=_concatenated([one.truth.low for one in of]),
        allowed=_concatenated([one.bound + one.truth.radius for one in of]),
        undecidable=_concatenated([one.undecidable for one in of]),
        unclear=[int(np.count_nonzero(one.undecidable)) for one in of],
        scales=[float(np.abs(one.truth.high).max()) for one in of],
    )


def _concatenated(arrays: Sequence[Array]) -> Array:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([array.ravel() for array in arrays])


def judge_array(value: Array, standard: Standard) -> Judgement:
    """Hold one array against its standard."""
    alone = ("", 0)
    return judge_arrays({alone: value}, batched({alone: standard}))[alone]


def judge_arrays(values: Arrays, of: Sequence[Batch]) -> dict[Key, Judgement]:
    """A judgement of every array that has a standard. Entries agree by `error <= bound + radius`, which a NaN fails."""
    found: dict[Key, Judgement] = {}
    for part in of:
        if any(key in values for key in part.keys):
            judged = zip(part.keys, _judge_batch(_values_of(part, values), part), strict=True)
            found |= {key: judgement for key, judgement in judged if key in values}
    return found


def _values_of(part: Batch, values: Arrays) -> Array:
    """The arrays, laid as the standards are. Where nothing was given, the truth stands; it is judged, and dropped."""
    if all(key in values for key in part.keys):
        return _concatenated([values[key] for key in part.keys])
    laid = part.high.copy()
    for key, start in zip(part.keys, part.starts.tolist(), strict=True):
        if key in values:
            laid[start : start + values[key].size] = values[key].ravel()
    return laid


def _judge_batch(value: Array, part: Batch) -> Iterator[Judgement]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = np.abs((value - part.high) - part.low)  # as harness.enclosure.Enclosure.error has it
        units = np.where(error == 0, 0.0, error / part.allowed)  # as harness.certify.error_ratio has it
    units[part.undecidable] = 0.0
    # A NaN is the worst of all, and argmax would pass over it among others.
    ranked = np.where(np.isnan(units), np.inf, units)
    ends = [*part.starts[1:].tolist(), len(value)]
    worst = [int(ranked[start:end].argmax()) for start, end in zip(part.starts.tolist(), ends, strict=True)]
    places = part.starts + worst
    largest = np.maximum.reduceat(error, part.starts).tolist()
    numbers = (one[places].tolist() for one in (ranked, units, error, part.allowed))
    for i, (rank, error_ratio, mine, allowed) in enumerate(zip(*numbers, strict=True)):
        shape, unclear = part.shapes[i], part.unclear[i]
        yield Judgement(
            verdict="" if not rank <= 1 else "cannot tell" if unclear else "agrees",
            error_ratio=error_ratio,
            entry=divmod(worst[i], shape[1]) if len(shape) == 2 else (worst[i],),
            error=mine,
            bound=allowed,
            undecidable=unclear,
            relative=relative_to(largest[i], part.scales[i]),
        )
