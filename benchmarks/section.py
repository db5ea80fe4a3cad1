"""A section of the report: what is raced, and the tables, pictures and goals that are made of the outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import NONE, in_bytes, plain, ratio, seconds, timed
from benchmarks.goals import Judged
from benchmarks.races import Outcome, Race, Result
from harness.reporting.figures import Line, Panel, Picture

Outcomes = Mapping[str, Outcome]  # by the name of the race


@dataclass(frozen=True)
class Table:
    """What it asks, in a sentence or two; the rows; and what they answer, in a sentence made of the figures. A picture
    without lines is not shown."""

    title: str
    asks: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    answers: str
    picture: Picture | None = None

    @property
    def shown(self) -> Picture | None:
        lines = self.picture and any(panel.lines for panel in self.picture.panels)
        return self.picture if lines else None


@dataclass(frozen=True)
class Section:
    """`races` is given a folder for files that contenders need; `tables` and `goals` are made of what came of them,
    where races may be missing, and results in them."""

    name: str
    title: str
    asks: str
    races: Callable[[Path], Sequence[Race]]
    tables: Callable[[Outcomes], Sequence[Table]]
    goals: Callable[[Outcomes], Sequence[Judged]]


def result(outcomes: Outcomes, race: str, contender: str) -> Result:
    """The result of a contender in a race; one with a reason where there is none."""
    return outcomes[race].of(contender) if race in outcomes else Result(reason="not measured")


def why(*results: Result) -> str:
    """The first reason among results that give no figure."""
    return next((one.reason for one in results if one.reason), "")


def side_by_side(outcome: Outcome, base: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of a race: seconds, how many times the base's, and memory."""
    rows = []
    for name, one in outcome.results.items():
        times = ratio(one, outcome.of(base))
        peak = in_bytes(one.peak) if one.peak else NONE
        rows.append([name, timed(seconds(one), one.reason), plain(times), peak])
    return ["process", "median (spread)", f"times {base}", "peak memory"], rows


def by_round(outcome: Outcome, name: str, caption: str) -> Picture:
    """The seconds of every round, to see how even they are."""
    lines = tuple(
        Line(contender, range(1, len(one.seconds) + 1), one.seconds)
        for contender, one in outcome.results.items()
        if one.seconds
    )
    return Picture(name, caption, "round", "seconds", (Panel("", lines),), log="y")
