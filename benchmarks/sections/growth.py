"""How the time of a comparison and of a check grows with implementations, cases, parameters and rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.contenders.battery import varied_networks
from benchmarks.contenders.commands import IMPORT_NUMPY, copies_of_practical, program
from benchmarks.contenders.spec import PRACTICAL, TANH_IDENTITY, parameter_count
from benchmarks.report.goals import JudgedGoal
from benchmarks.report.section import Outcomes, ReportSection, ResultTable
from benchmarks.runner.figures import DASH, as_number, as_time, in_bytes, ratio, spread, time_of
from benchmarks.runner.fits import growth_exponent
from benchmarks.runner.races import Race, RaceOutcome, Result
from harness.reporting.figures import Line, Panel, Picture

COMPARE, CHECK = "compare", "check"
RUN_SECONDS = 200.0  # the limit of one run
WIDE_LIMITS = ("--seconds", "200", "--total-seconds", "600", "--memory", "12")  # so that a check is not cut short
CHECKED_ROWS, FEW_CASES, FEW_IMPLEMENTATIONS = 8, 50, 3
IN_MILLIONS = 1e6  # larger sizes are shown in millions
MIDDLE = (57,) * 4
# About 1 000, 10 000, ... parameters, and 16 million.
CHECKED_SHAPES = ((18,) * 4, MIDDLE, (182,) * 4, (577,) * 4, (2309,) * 4)


@dataclass(frozen=True)
class Sweep:
    """One size of a command that grows: its name, its values `at`, and for each the cases and the implementations."""

    command: str
    axis: str
    at: tuple[float, ...]
    cases: tuple[list[Any], ...]
    implementations: tuple[int, ...]

    def races(self, copies: Sequence[Path]) -> list[Race]:
        """A race for each value, with as many of these copies as there are implementations."""
        parts = zip(self.at, self.cases, self.implementations, strict=True)
        return [self._race(at, cases, copies[:count]) for at, cases, count in parts]

    def race_name(self, at: float) -> str:
        """The name of the race at a value."""
        return f"{self.command} by {self.axis}: {at:,.0f}"

    def _race(self, at: float, cases: list[Any], files: Sequence[Path]) -> Race:
        comparison = (COMPARE, "--only", ",".join(map(str, files)))
        arguments = comparison if self.command == COMPARE else (CHECK, PRACTICAL, "--seed", "1", *WIDE_LIMITS)
        measured = replace(
            program(self.command, "battery", json.dumps(cases), *arguments), seconds=RUN_SECONDS, work=at
        )
        size = {"at": at, "cases": len(cases), "implementations": len(files)}
        return Race(self.race_name(at), (IMPORT_NUMPY, measured), self.axis, size)


def _networks(shapes: Sequence[tuple[int, ...]], rows: Sequence[int]) -> tuple[list[Any], ...]:
    return tuple([[shape, TANH_IDENTITY, count]] for shape in shapes for count in rows)


_CASES, _COUNTS, _ROWS = (10, 50, 200, 1000), (1, 3, 10, 30, 100), (1, 8, 64, 512)
_PARAMETERS = tuple(map(parameter_count, CHECKED_SHAPES))
SWEEPS = (
    Sweep(COMPARE, "cases, 3 implementations", _CASES, tuple(map(varied_networks, _CASES)), (FEW_IMPLEMENTATIONS,) * 4),
    Sweep(COMPARE, "implementations, 50 cases", _COUNTS, (varied_networks(FEW_CASES),) * 5, _COUNTS),
    Sweep(COMPARE, "implementations, 1,000 cases", (1, 10, 100), (varied_networks(1000),) * 3, (1, 10, 100)),
    Sweep(CHECK, "cases", _CASES, tuple(map(varied_networks, _CASES)), (1,) * 4),
    Sweep(CHECK, "parameters, 8 rows", _PARAMETERS, _networks(CHECKED_SHAPES, (CHECKED_ROWS,)), (1,) * 5),
    Sweep(CHECK, f"rows, {parameter_count(MIDDLE):,} parameters", _ROWS, _networks((MIDDLE,), _ROWS), (1,) * 4),
)


def races(folder: Path) -> list[Race]:
    """The races of all sweeps."""
    copies = copies_of_practical(folder, max(_COUNTS))
    return [race for sweep in SWEEPS for race in sweep.races(copies)]


def tables(outcomes: Outcomes) -> list[ResultTable]:
    """A table for each sweep."""
    measured = [
        (sweep, [outcomes[name] for name in map(sweep.race_name, sweep.at) if name in outcomes]) for sweep in SWEEPS
    ]
    return [_table(sweep, found) for sweep, found in measured if found]


def _table(sweep: Sweep, found: Sequence[RaceOutcome]) -> ResultTable:
    title, size = f"`{sweep.command}` by {sweep.axis}", sweep.axis.partition(",")[0]
    points = [(one.size["at"], one.of(sweep.command).seconds) for one in found if one.of(sweep.command).seconds]
    name = f"bench-{sweep.command}-by-{sweep.axis.replace(',', '').replace(' ', '-')}"
    medians = [seconds.median for one in found if (seconds := time_of(one.of(sweep.command)))]
    unit, scale = ("millions of parameters", 1e6) if max(sweep.at) > IN_MILLIONS else (sweep.axis, 1)
    line = Line(f"{sweep.command}, whole process", [at / scale for at, _ in points], medians)
    return ResultTable(
        title,
        f"How does the time of `{sweep.command}` grow with the number of {size}? Time and peak memory are those of the "
        f"whole process; a worker is a process below it.",
        [size, "seconds", f"ratio to {IMPORT_NUMPY.name}", "peak memory", "largest worker"],
        [_size_row(one, one.of(sweep.command)) for one in found],
        " ".join(_growth_in_words(points)),
        Picture(
            name,
            f"{title}: seconds of the whole process, both scales logarithmic. Where the line is level, the start of "
            f"the process dominates.",
            unit,
            "seconds",
            (Panel("", (line,)),),
            log="xy",
        ),
    )


def _growth_in_words(points: Sequence[tuple[float, Sequence[float]]]) -> Iterator[str]:
    """The exponent of the growth, and the time for each additional one at the largest sizes."""
    if exponent := growth_exponent([at for at, _ in points], [rounds for _, rounds in points]):
        yield f"Over the three largest sizes, the time grows with the exponent {as_number(exponent)}."
    if len(points) > 1:
        (few, short), (many, long) = points[-2:]
        each = spread([(b - a) / (many - few) for a, b in zip(short, long, strict=True)])
        yield f"From {few:,.0f} to {many:,.0f}, each additional one takes {as_time(each)}."


def _size_row(outcome: RaceOutcome, one: Result) -> list[str]:
    return [
        f"{outcome.size['at']:,.0f}",
        as_time(time_of(one), one.reason),
        as_number(ratio(one, outcome.of(IMPORT_NUMPY.name))),
        in_bytes(one.peak) if one.peak else DASH,
        in_bytes(one.workers) if one.workers else DASH,
    ]


def goals(_: Outcomes) -> list[JudgedGoal]:
    """This section has no goals."""
    return []


SECTION = ReportSection(
    "growth",
    40,
    "Growth of a comparison and of a check",
    "How long do a comparison of a hundred files on a thousand cases and a check of a network of sixteen million "
    "parameters take, and how does the time grow up to there? The implementations are copies of a fast one, the cases "
    "networks on random data; one thread for each library.",
    races,
    tables,
    goals,
)
