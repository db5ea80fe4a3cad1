"""What is measured, and what came of it, as values: contenders, races, results, and their JSON.

This side stays small: a process starts its life with the peak memory of the one that started it, so nothing that
measures may load numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A process that is measured. `stays` says whether it lives for the whole race and times itself at every turn, as
    benchmarks.kernel does; others are run anew at every turn and timed from their start to their end.

    `work` is what its time grows with, in any unit: where earlier races predict more than `seconds` for a call, it is
    left out. `threads` is the size of every pool of numpy, torch and the like.
    """

    name: str
    command: tuple[str, ...]
    stays: bool = False
    threads: int = 1
    seconds: float = 120.0
    work: float = 0.0


@dataclass(frozen=True)
class Race:
    """Contenders that take turns. `series` names the races that predict one another, in the order in which they are
    run; `size` holds the numbers that its figures are shown over."""

    name: str
    contenders: tuple[Contender, ...]
    series: str = ""
    size: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a contender took in a race: seconds, one for each round, or the reason why there are none.

    `peak` is the largest resident memory of its process in bytes, `before` that before the first call of one that
    stays, `workers` that of the largest process below it. `share` is the part of the work that was really done, below
    1 where the seconds are extrapolated from it. `said` is the last line that it printed.
    """

    seconds: tuple[float, ...] = ()
    peak: int = 0
    before: int = 0
    workers: int = 0
    share: float = 1.0
    work: float = 0.0
    said: str = ""
    reason: str = ""

    @property
    def added(self) -> int:
        """The memory in bytes that the computation added to what was there before it."""
        return self.peak - self.before


@dataclass(frozen=True)
class Outcome:
    """The results of a race, by contender."""

    name: str
    series: str
    size: Mapping[str, float]
    results: Mapping[str, Result]

    def of(self, contender: str) -> Result:
        return self.results.get(contender, Result(reason="not in this race"))


def as_data(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [asdict(outcome) for outcome in outcomes]


def from_data(data: Sequence[Mapping[str, Any]]) -> tuple[Outcome, ...]:
    """The outcomes that `as_data` was given, also after a way through JSON."""
    return tuple(
        Outcome(
            one["name"],
            one["series"],
            one["size"],
            {
                name: Result(**{**result, "seconds": tuple(result["seconds"])})
                for name, result in one["results"].items()
            },
        )
        for one in data
    )
