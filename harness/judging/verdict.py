"""The verdict on one quantity of one layer: the ratio of its error to its rounding bound.

Small arrays are concatenated and judged as one batch, which is faster. No fixed tolerance decides anything; digits are
only shown in reports.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.kinks import UNCHANGED, Interval

if TYPE_CHECKING:
    from harness.truth.certify import Standard


# Reports show no more digits: the following ones depend on rounding, and so on the machine's BLAS.
MOST_DIGITS = {"float64": 13, "float32": 5}
# From worst to best; the verdict on many is the worst of them.
VERDICTS = ("failed", "wrong", "inaccurate", "cannot tell", "agrees up to a convention", "agrees", "unsupported")


@dataclass(frozen=True)
class Judgement:
    """The comparison of one array with its standard.

    The error of an entry is its distance from the nearest exact value, of which there are many near a kink.
    `error_ratio` is the largest ratio of an entry's error to its bound plus radius, LAPACK's test ratio; `entry` is the
    index of that entry, `error` its error and `bound` its bound plus radius. `undecidable` counts the entries that
    cannot be judged. `relative` is the largest error divided by the largest true entry. `verdict` is `agrees`,
    `cannot tell`, or empty if an entry is out of bounds, which is `wrong` until its cause is found.
    """

    verdict: str
    error_ratio: float
    entry: tuple[int, ...]
    error: float
    bound: float
    undecidable: int
    relative: float


def relative_to(error: float, scale: float) -> float:
    """error / scale; 0 if the error is 0, and infinity if only the scale is 0."""
    return 0.0 if error == 0 else error / scale if scale > 0 else math.inf


def max_norm_distance(one: Array, other: Array) -> float:
    """max |one − other| / max(|one|, |other|): 0 for equal arrays, at most 2, NaN if an entry is NaN.

    The maximum norm neither overflows nor underflows, as squares would. Raises ValueError if the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"shapes differ: {one.shape} and {other.shape}")
    if np.array_equal(one, other):
        return 0.0
    scale = max(np.abs(one).max(), np.abs(other).max())
    with np.errstate(invalid="ignore"):  # infinity / infinity is NaN, as it should be
        return float(np.abs(one / scale - other / scale).max())


def digits(error: float, dtype: str) -> int:
    """The number of correct decimal digits for a relative error, from 0 to MOST_DIGITS of the dtype; 0 for NaN."""
    most = MOST_DIGITS[dtype]
    if not error < 1:  # NaN too
        return 0
    return most if error == 0 else min(most, math.floor(-math.log10(error)))


MAX_BATCH_SIZE = 2**16  # numbers in a batch, unless a single array has more


@dataclass(frozen=True, eq=False)
class Batch:
    """Some standards, flattened and concatenated.

    Per array: its key, its shape, the index of its first number in `starts`, the count of its undecidable entries in
    `undecidable_counts`, and its largest absolute true entry in `scales`. Per number: the true value `high` + `low`,
    the bound plus radius in `allowed`, and whether it is `undecidable`. `changes` is the interval by which a true value
    may change at a kink, for every number or for none.
    """

    keys: Sequence[ArrayKey]
    shapes: Sequence[tuple[int, ...]]
    starts: Array
    high: Array
    low: Array
    allowed: Array
    undecidable: Array
    undecidable_counts: Sequence[int]
    scales: Sequence[float]
    changes: Interval


def batched(standards: Mapping[ArrayKey, Standard]) -> list[Batch]:
    """The standards in batches of up to MAX_BATCH_SIZE numbers."""
    return [_batch({key: standards[key] for key in keys}) for keys in _batch_keys(standards)]


def _batch_keys(standards: Mapping[ArrayKey, Standard]) -> Iterator[list[ArrayKey]]:
    keys: list[ArrayKey] = []
    size = 0
    for key, standard in standards.items():
        if keys and size + standard.bound.size > MAX_BATCH_SIZE:
            yield keys
            keys, size = [], 0
        keys.append(key)
        size += standard.bound.size
    if keys:
        yield keys


def _batch(standards: Mapping[ArrayKey, Standard]) -> Batch:
    members = list(standards.values())
    sizes = [one.bound.size for one in members]
    starts, high = np.cumsum([0, *sizes[:-1]]), _concatenated([one.truth.high for one in members])
    undecidable = _concatenated([one.undecidable for one in members])
    return Batch(
        keys=list(standards),
        shapes=[one.bound.shape for one in members],
        starts=starts,
        high=high,
        low=_concatenated([one.truth.low for one in members]),
        allowed=_concatenated([one.bound for one in members]) + _concatenated([one.truth.radius for one in members]),
        undecidable=undecidable,
        undecidable_counts=np.add.reduceat(undecidable, starts, dtype=int).tolist(),
        scales=np.maximum.reduceat(np.abs(high), starts).tolist(),
        changes=_concatenated_changes(members),
    )


def _concatenated_changes(members: Sequence[Standard]) -> Interval:
    if all(one.changes is UNCHANGED for one in members):
        return UNCHANGED
    ends = ([one.changes.lower for one in members], [one.changes.upper for one in members])
    shapes = [one.bound.shape for one in members]
    return Interval(*(_concatenated(list(map(np.broadcast_to, parts, shapes))) for parts in ends))


def _concatenated(arrays: Sequence[Array]) -> Array:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([array.ravel() for array in arrays])


def judge_array(value: Array, standard: Standard) -> Judgement:
    """Compare one array with its standard, which has the same shape."""
    key = ("", 0)
    return judge_arrays({key: value}, batched({key: standard}))[key]


def judge_arrays(values: Arrays, batches: Sequence[Batch]) -> dict[ArrayKey, Judgement]:
    """The judgement of every array that has a standard in the batches, of the same shape.

    An entry is in bounds if `error <= bound + radius`, which is false for NaN.
    """
    found: dict[ArrayKey, Judgement] = {}
    for batch in batches:
        if any(key in values for key in batch.keys):
            judged = zip(batch.keys, _judge_batch(_values_of(batch, values), batch), strict=True)
            found |= {key: judgement for key, judgement in judged if key in values}
    return found


def _values_of(batch: Batch, values: Arrays) -> Array:
    """The arrays, concatenated as the standards are. The truth replaces missing ones; their judgements are dropped."""
    if all(key in values for key in batch.keys):
        return _concatenated([values[key] for key in batch.keys])
    concatenated = batch.high.copy()
    for key, start in zip(batch.keys, batch.starts.tolist(), strict=True):
        if key in values:
            concatenated[start : start + values[key].size] = values[key].ravel()
    return concatenated


def _judge_batch(value: Array, batch: Batch) -> Iterator[Judgement]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = (value - batch.high) - batch.low
        if batch.changes is not UNCHANGED:
            error = error - np.clip(error, batch.changes.lower, batch.changes.upper)
        error = np.abs(error)  # the same as Standard.error
        ratio = np.where(error == 0, 0.0, error / batch.allowed)  # the same as harness.truth.certify.error_over_bound
    ratio[batch.undecidable] = 0.0
    ranked = np.where(np.isnan(ratio), np.inf, ratio)  # NaN is the worst
    ends = [*batch.starts[1:].tolist(), len(value)]
    worst = [int(ranked[start:end].argmax()) for start, end in zip(batch.starts.tolist(), ends, strict=True)]
    indices = batch.starts + worst
    largest = np.maximum.reduceat(error, batch.starts).tolist()
    at_worst = (one[indices].tolist() for one in (ranked, ratio, error, batch.allowed))
    for i, (rank, worst_ratio, worst_error, allowed) in enumerate(zip(*at_worst, strict=True)):
        shape, undecidable = batch.shapes[i], batch.undecidable_counts[i]
        yield Judgement(
            verdict="" if not rank <= 1 else "cannot tell" if undecidable else "agrees",
            error_ratio=worst_ratio,
            entry=divmod(worst[i], shape[1]) if len(shape) == 2 else (worst[i],),
            error=worst_error,
            bound=allowed,
            undecidable=undecidable,
            relative=relative_to(largest[i], batch.scales[i]),
        )
