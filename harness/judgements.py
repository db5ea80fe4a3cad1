"""The rule of judgement: arrays held against their standards. Many small arrays are judged at once, because laid end to
end they cost what one does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.answers import Arrays
from harness.contract import Array
from harness.verdict import Judgement, relative_to

if TYPE_CHECKING:
    from harness.certify import Standard

Key = tuple[str, int]
TOGETHER = 2**16  # numbers that are laid end to end, at most, unless one array has more


@dataclass(frozen=True, eq=False)
class Part:
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


def parts(standards: Mapping[Key, Standard]) -> list[Part]:
    """The standards laid end to end, in parts of some size."""
    return [_part({key: standards[key] for key in keys}) for keys in _together(standards)]


def _together(standards: Mapping[Key, Standard]) -> Iterator[list[Key]]:
    keys: list[Key] = []
    size = 0
    for key, standard in standards.items():
        if keys and size + standard.bound.size > TOGETHER:
            yield keys
            keys, size = [], 0
        keys.append(key)
        size += standard.bound.size
    if keys:
        yield keys


def _part(standards: Mapping[Key, Standard]) -> Part:
    of = list(standards.values())
    sizes = [one.bound.size for one in of]
    return Part(
        keys=list(standards),
        shapes=[one.bound.shape for one in of],
        starts=np.cumsum([0, *sizes[:-1]]),
        high=_laid([one.truth.high for one in of]),
        low=_laid([one.truth.low for one in of]),
        allowed=_laid([one.bound + one.truth.radius for one in of]),
        undecidable=_laid([one.undecidable for one in of]),
        unclear=[int(np.count_nonzero(one.undecidable)) for one in of],
        scales=[float(np.abs(one.truth.high).max()) for one in of],
    )


def _laid(arrays: Sequence[Array]) -> Array:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([array.ravel() for array in arrays])


def judge(value: Array, standard: Standard) -> Judgement:
    """Hold one array against its standard."""
    alone = ("", 0)
    return judge_together({alone: value}, parts({alone: standard}))[alone]


def judge_together(values: Arrays, of: Sequence[Part]) -> dict[Key, Judgement]:
    """A judgement of every array that has a standard. Entries agree by `error <= bound + radius`, which a NaN fails."""
    found: dict[Key, Judgement] = {}
    for part in of:
        if any(key in values for key in part.keys):
            judged = zip(part.keys, _judged(_beside(part, values), part), strict=True)
            found |= {key: judgement for key, judgement in judged if key in values}
    return found


def _beside(part: Part, values: Arrays) -> Array:
    """The arrays, laid as the standards are. Where nothing was given, the truth stands; it is judged, and dropped."""
    if all(key in values for key in part.keys):
        return _laid([values[key] for key in part.keys])
    laid = part.high.copy()
    for key, start in zip(part.keys, part.starts.tolist(), strict=True):
        if key in values:
            laid[start : start + values[key].size] = values[key].ravel()
    return laid


def _judged(value: Array, part: Part) -> Iterator[Judgement]:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        error = np.abs((value - part.high) - part.low)  # as harness.enclosure.Enclosure.error has it
        units = np.where(error == 0, 0.0, error / part.allowed)  # as harness.certify.excess has it
    units[part.undecidable] = 0.0
    # A NaN is the worst of all, and argmax would pass over it among others.
    ranked = np.where(np.isnan(units), np.inf, units)
    ends = [*part.starts[1:].tolist(), len(value)]
    worst = [int(ranked[start:end].argmax()) for start, end in zip(part.starts.tolist(), ends, strict=True)]
    places = part.starts + worst
    largest = np.maximum.reduceat(error, part.starts).tolist()
    numbers = (one[places].tolist() for one in (ranked, units, error, part.allowed))
    for i, (rank, excess, mine, allowed) in enumerate(zip(*numbers, strict=True)):
        shape, unclear = part.shapes[i], part.unclear[i]
        yield Judgement(
            verdict="" if not rank <= 1 else "cannot tell" if unclear else "agrees",
            excess=excess,
            entry=divmod(worst[i], shape[1]) if len(shape) == 2 else (worst[i],),
            error=mine,
            bound=allowed,
            undecidable=unclear,
            relative=relative_to(largest[i], part.scales[i]),
        )
