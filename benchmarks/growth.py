"""How a comparison and a check grow: with implementations, cases, parameters and rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.battery import varied
from benchmarks.figures import NONE, figure, in_bytes, plain, ratio, seconds, timed
from benchmarks.fits import growth
from benchmarks.goals import Judged
from benchmarks.processes import ROOT
from benchmarks.races import Contender, Outcome, Race, Result
from benchmarks.section import Outcomes, Section, Table
from benchmarks.spec import parameters
from harness.reporting.figures import Line, Panel, Picture

NUMPY, COMPARE, CHECK = "import numpy", "compare", "check"
LIMIT = 200.0  # seconds of one run
ROOM = ("--seconds", "200", "--total-seconds", "600", "--memory", "12")  # that no limit of a check is in the way
ACTIVATIONS, ROWS, FEW_CASES, FEW = "tanh identity", 8, 50, 3
MANY = 1e6  # beyond, an axis has no room for every digit
MIDDLE = (57,) * 4
# Of about 1 000, 10 000, ... parameters, and of 16 million.
NETWORKS = ((18,) * 4, MIDDLE, (182,) * 4, (577,) * 4, (2309,) * 4)


@dataclass(frozen=True)
class Sweep:
    """One size that grows, of a command: what it is called, and its values with the cases and the implementations."""

    command: str
    axis: str
    at: tuple[float, ...]
    cases: tuple[list[Any], ...]
    implementations: tuple[int, ...]

    def races(self, copies: Sequence[Path]) -> list[Race]:
        parts = zip(self.at, self.cases, self.implementations, strict=True)
        return [self._race(at, cases, copies[:count]) for at, cases, count in parts]

    def name(self, at: float) -> str:
        return f"{self.command} by {self.axis}: {at:,.0f}"

    def _race(self, at: float, cases: list[Any], files: Sequence[Path]) -> Race:
        compared = (COMPARE, "--only", ",".join(map(str, files)))
        arguments = compared if self.command == COMPARE else (CHECK, "batched_matrices", "--seed", "1", *ROOM)
        command = (sys.executable, "-m", "benchmarks.battery", json.dumps(cases), *arguments)
        measured = Contender(self.command, command, seconds=LIMIT, work=at)
        size = {"at": at, "cases": len(cases), "implementations": len(files)}
        return Race(
            self.name(at), (Contender(NUMPY, (sys.executable, "-c", "import numpy")), measured), self.axis, size
        )


def _networks(shapes: Sequence[tuple[int, ...]], rows: Sequence[int]) -> tuple[list[Any], ...]:
    return tuple([[shape, ACTIVATIONS, count]] for shape in shapes for count in rows)


_CASES, _MANY, _ROWS = (10, 50, 200, 1000), (1, 3, 10, 30, 100), (1, 8, 64, 512)
SWEEPS = (
    Sweep(COMPARE, "cases, 3 implementations", _CASES, tuple(map(varied, _CASES)), (FEW,) * 4),
    Sweep(COMPARE, "implementations, 50 cases", _MANY, (varied(FEW_CASES),) * 5, _MANY),
    Sweep(COMPARE, "implementations, 1,000 cases", (1, 10, 100), (varied(1000),) * 3, (1, 10, 100)),
    Sweep(CHECK, "cases", _CASES, tuple(map(varied, _CASES)), (1,) * 4),
    Sweep(CHECK, "parameters, 8 rows", tuple(map(parameters, NETWORKS)), _networks(NETWORKS, (ROWS,)), (1,) * 5),
    Sweep(CHECK, f"rows, {parameters(MIDDLE):,} parameters", _ROWS, _networks((MIDDLE,), _ROWS), (1,) * 4),
)


def races(folder: Path) -> list[Race]:
    text = (ROOT / "implementations" / "batched_matrices.py").read_text(encoding="utf-8")
    copies = [folder / f"copy_{number}.py" for number in range(max(_MANY))]
    for copy in copies:
        copy.write_text(text, encoding="utf-8")
    return [race for sweep in SWEEPS for race in sweep.races(copies)]


def tables(outcomes: Outcomes) -> list[Table]:
    found = [(sweep, [outcomes[sweep.name(at)] for at in sweep.at if sweep.name(at) in outcomes]) for sweep in SWEEPS]
    return [_table(sweep, there) for sweep, there in found if there]


def _table(sweep: Sweep, found: Sequence[Outcome]) -> Table:
    title = f"`{sweep.command}` by {sweep.axis}"
    points = [(one.size["at"], one.of(sweep.command).seconds) for one in found if one.of(sweep.command).seconds]
    name = f"bench-{sweep.command}-by-{sweep.axis.replace(',', '').replace(' ', '-')}"
    middle = [timing.median for one in found if (timing := seconds(one.of(sweep.command)))]
    unit, scale = ("millions of parameters", 1e6) if max(sweep.at) > MANY else (sweep.axis, 1)
    line = Line(f"{sweep.command}, whole process", [at / scale for at, _ in points], middle)
    return Table(
        title,
        f"How does `{sweep.command}` grow with its {sweep.axis.partition(',')[0]}? A whole process, and the largest of "
        f"the processes below it.",
        [sweep.axis.partition(",")[0], "seconds", f"times {NUMPY}", "peak memory", "largest worker"],
        [_row(one, one.of(sweep.command)) for one in found],
        " ".join(_answers(points)),
        Picture(
            name,
            f"{title}: seconds of the whole process, both scales logarithmic. What is level is its start.",
            unit,
            "seconds",
            (Panel("", (line,)),),
            log="xy",
        ),
    )


def _answers(points: Sequence[tuple[float, Sequence[float]]]) -> Iterator[str]:
    """The power to which it grows, and what the last steps of the size cost each."""
    if power := growth([at for at, _ in points], [rounds for _, rounds in points]):
        yield f"At the three largest sizes it grows to the power {plain(power)}."
    if len(points) > 1:
        (few, short), (many, long) = points[-2:]
        each = figure([(b - a) / (many - few) for a, b in zip(short, long, strict=True)])
        yield f"From {few:,.0f} to {many:,.0f}, each one more adds {timed(each)}."


def _row(outcome: Outcome, one: Result) -> list[str]:
    return [
        f"{outcome.size['at']:,.0f}",
        timed(seconds(one), one.reason),
        plain(ratio(one, outcome.of(NUMPY))),
        in_bytes(one.peak) if one.peak else NONE,
        in_bytes(one.workers) if one.workers else NONE,
    ]


def goals(_: Outcomes) -> list[Judged]:
    return []  # no figure is asked of the growth itself


SECTION = Section(
    "growth",
    "How the whole grows",
    "A comparison of a hundred files on a thousand cases, a check of a network of sixteen million parameters: how far "
    "does it go, and at what price? The implementations are copies of a fast one, the cases networks on random data; "
    "one thread for each library.",
    races,
    tables,
    goals,
)
