"""Contenders, races, results and their JSON, as values.

A race measures several contenders in turns. Nothing here may load numpy: the peak memory of a new process starts at the
memory of the process that starts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """A process that is measured.

    A contender that `stays` lives for the whole race and times its own calls, as benchmarks.contenders.timer does. Any
    other is started again for each round and timed from its start to its end.

    `work` is proportional to the expected time, in any unit; if earlier races predict more than `seconds` for a call,
    the contender is left out. `threads` is the size of each thread pool of numpy, torch and other libraries.
    """

    name: str
    command: tuple[str, ...]
    stays: bool = False
    threads: int = 1
    seconds: float = 120.0
    work: float = 0.0


@dataclass(frozen=True)
class Race:
    """Contenders that are measured in turns.

    Races of the same `series` predict each other's times, in the order in which they run. `size` holds the numbers that
    tables and pictures show the results by.
    """

    name: str
    contenders: tuple[Contender, ...]
    series: str = ""
    size: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What was measured of a contender in a race: seconds, one value for each round, or the reason why there are none.

    `peak` is the largest resident memory of its process in bytes, `before` the resident memory before the first call of
    a contender that stays, `workers` the peak of the largest process below it. `share` is the part of the work that was
    done; below 1, the seconds are extrapolated from it. `said` is the last line that the process printed.
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
        """The memory in bytes that the computation added to its process."""
        return self.peak - self.before


@dataclass(frozen=True)
class RaceOutcome:
    """The results of a race, by contender."""

    name: str
    series: str
    size: Mapping[str, float]
    results: Mapping[str, Result]

    def of(self, contender: str) -> Result:
        """The result of a contender; one with a reason if it was not in this race."""
        return self.results.get(contender, Result(reason="not in this race"))


def outcomes_as_data(outcomes: Sequence[RaceOutcome]) -> list[dict[str, Any]]:
    """The outcomes as values that JSON can hold."""
    return [asdict(outcome) for outcome in outcomes]


def outcomes_from_data(data: Sequence[Mapping[str, Any]]) -> tuple[RaceOutcome, ...]:
    """The outcomes that `outcomes_as_data` was given. Raises KeyError or TypeError for other data."""
    return tuple(
        RaceOutcome(
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
