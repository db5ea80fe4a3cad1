"""A section of the report: its races, and the tables, pictures and goals that are made of their outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report.goals import JudgedGoal
from benchmarks.runner.figures import DASH, as_number, as_time, in_bytes, ratio, time_of
from benchmarks.runner.races import Race, RaceOutcome, Result
from harness.reporting.figures import Line, Panel, Picture

Outcomes = Mapping[str, RaceOutcome]  # by the name of the race


@dataclass(frozen=True)
class ResultTable:
    """A table with the question that it answers, and the answer in a sentence with the measured values."""

    title: str
    question: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    answer: str
    picture: Picture | None = None

    @property
    def shown(self) -> Picture | None:
        """The picture; None if it has no lines."""
        lines = self.picture and any(panel.lines for panel in self.picture.panels)
        return self.picture if lines else None


@dataclass(frozen=True)
class ReportSection:
    """A section: the races that are run, and the tables and goals that are made of their outcomes.

    `name` is the name of its module in benchmarks.sections; the report shows sections by increasing `position`. `races`
    is given a folder for files that contenders need. `tables` and `goals` must accept missing races and missing
    results.
    """

    name: str
    position: int
    title: str
    question: str
    races: Callable[[Path], Sequence[Race]]
    tables: Callable[[Outcomes], Sequence[ResultTable]]
    goals: Callable[[Outcomes], Sequence[JudgedGoal]]


def result_of(outcomes: Outcomes, race: str, contender: str) -> Result:
    """The result of a contender in a race; one with a reason if it was not measured."""
    return outcomes[race].of(contender) if race in outcomes else Result(reason="not measured")


def first_reason(*results: Result) -> str:
    """The first reason among results; empty if all have seconds."""
    return next((one.reason for one in results if one.reason), "")


def side_by_side(outcome: RaceOutcome, base: str) -> tuple[list[str], list[list[str]]]:
    """Headers and rows of a race: the seconds, the ratio to those of the contender `base`, and the peak memory."""
    rows = []
    for name, one in outcome.results.items():
        times = ratio(one, outcome.of(base))
        peak = in_bytes(one.peak) if one.peak else DASH
        rows.append([name, as_time(time_of(one), one.reason), as_number(times), peak])
    return ["process", "median (spread)", f"ratio to {base}", "peak memory"], rows


def by_round(outcome: RaceOutcome, name: str, caption: str) -> Picture:
    """The seconds of every contender in every round."""
    lines = tuple(
        Line(contender, range(1, len(one.seconds) + 1), one.seconds)
        for contender, one in outcome.results.items()
        if one.seconds
    )
    return Picture(name, caption, "round", "seconds", (Panel("", lines),), log="y")
