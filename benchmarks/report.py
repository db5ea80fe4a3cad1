"""reports/benchmarks.md and its pictures, from what is kept of each section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.goals import Judged
from benchmarks.measure import ROUNDS
from benchmarks.races import Outcome
from benchmarks.section import Section, Table
from benchmarks.store import Measured
from harness.reporting import markdown
from harness.reporting.figures import Line, Panel, Picture, embedded, write_pictures

PAGE, PICTURES = "benchmarks.md", "pictures"
HOW = (
    "Every contender is a process of its own, since the thread pools of numpy and torch fight in one. Contenders take "
    f"turns, round by round, after a first run that does not count; a figure is the median of {ROUNDS} rounds, with "
    "the smallest and the largest in brackets. A ratio is taken within each round, and then the median of these. The "
    "contenders of a table all have the same number of threads. Memory is the peak that the system tells of a process "
    "that has ended. Nothing here is asserted in a test."
)


def write(measured: Mapping[Section, Measured], folder: Path) -> None:
    """Write the page and its pictures into a folder, and remove pictures of tables that are no more. Raises
    UnusableInput where another's file stands in the way."""
    judged = [one for section, kept in measured.items() for one in section.goals(_by_name(kept))]
    tables = {section: section.tables(_by_name(kept)) for section, kept in measured.items()}
    goals = _goals_picture(judged)
    drawn = [table.shown for found in tables.values() for table in found if table.shown]
    for old in (folder / PICTURES).glob("bench-*.svg"):
        old.unlink()
    write_pictures([*([goals] if goals else []), *drawn], folder / PICTURES)
    lines = [
        markdown.made("bench"),
        "# What it costs\n",
        f"{HOW}\n",
        *_goals(judged, goals),
        *(part for section, found in tables.items() for part in _section(section, measured[section], found)),
    ]
    markdown.write_page(folder / PAGE, "\n".join(lines).rstrip() + "\n")


def _by_name(kept: Measured) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in kept.outcomes}


def _goals(judged: Sequence[Judged], picture: Picture | None) -> Iterator[str]:
    if not judged:
        return
    found = [one for one in judged if one.found]
    met = sum(one.verdict == "met" for one in found)
    yield '## <a id="goals"></a>The goals\n'
    yield (
        f"What was hoped for, and what was measured. Of {len(judged)} goals {met} are met, {len(found) - met} missed, "
        f"and {len(judged) - len(found)} not measured.\n"
    )
    rows = [[str(number), *one.row()] for number, one in enumerate(judged, start=1)]
    yield markdown.table(_escaped(rows), ["", "what", "goal", "measured", "verdict"])
    if picture:
        yield embedded(picture, f"{PICTURES}/{picture.name}.svg")


def _goals_picture(judged: Sequence[Judged]) -> Picture | None:
    points = [(number, one.of_goal) for number, one in enumerate(judged, start=1) if one.of_goal is not None]
    if not points:
        return None
    numbers = [number for number, _ in points]
    lines = (Line("measured", numbers, [y for _, y in points]), Line("goal", numbers, [1.0] * len(points)))
    return Picture(
        "bench-goals",
        "What was measured in units of its goal, by the number in the table, turned so that less is better. Below the "
        "line of 1 a goal is met.",
        "goal",
        "measured / goal",
        (Panel("", lines),),
        log="y",
    )


def _section(section: Section, kept: Measured, found: Sequence[Table]) -> Iterator[str]:
    yield f'## <a id="{section.name}"></a>{section.title}\n'
    yield f"{section.asks}\n"
    yield f"*{machine.line(kept.machine)}*\n"
    for table in found:
        yield f"### {table.title}\n"
        yield f"{table.asks}\n"
        yield markdown.table(_escaped(table.rows), _escaped([table.headers])[0])
        if table.answers:
            yield f"{table.answers}\n"
        if table.shown:
            yield embedded(table.shown, f"{PICTURES}/{table.shown.name}.svg")
    yield f"Measure just this: `nox -s bench -- {section.name}`\n"


def _escaped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Cells that may hold what a process has said."""
    return [[markdown.plain(cell) for cell in row] for row in rows]
