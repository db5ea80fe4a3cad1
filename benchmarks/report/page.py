"""Writes reports/benchmarks.md and its pictures from the saved results of the sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.report.goals import JudgedGoal
from benchmarks.report.section import ReportSection, ResultTable
from benchmarks.runner.machine import machine_sentence
from benchmarks.runner.measure import ROUND_COUNT
from benchmarks.runner.races import RaceOutcome
from benchmarks.runner.store import SavedResults
from harness.reporting import markdown
from harness.reporting.figures import Line, Panel, Picture, embedded, write_pictures

PAGE_NAME, PICTURE_FOLDER = "benchmarks.md", "pictures"
METHOD = (
    "Each contender runs in its own process, because the thread pools of numpy and torch disturb each other in one "
    "process. Contenders take turns, round by round, after a first run that does not count. Each value is the median "
    f"of {ROUND_COUNT} rounds, with the smallest and the largest in brackets. A ratio is taken within each round, and "
    "its median over the rounds. All contenders of a table have the same number of threads. Memory is the peak "
    "resident memory of a process, as the system reports it when the process has ended. No test asserts a time."
)


def write_benchmarks(saved: Mapping[ReportSection, SavedResults], folder: Path) -> None:
    """Write the page and its pictures into a folder, and remove the pictures of earlier tables.

    Raises UnusableInput if a file that no report command made stands in the way.
    """
    judged = [one for section, results in saved.items() for one in section.goals(_by_race(results))]
    tables = {section: section.tables(_by_race(results)) for section, results in saved.items()}
    goals = _goals_picture(judged)
    drawn = [table.shown for found in tables.values() for table in found if table.shown]
    for old in (folder / PICTURE_FOLDER).glob("bench-*.svg"):
        old.unlink()
    write_pictures([*([goals] if goals else []), *drawn], folder / PICTURE_FOLDER)
    lines = [
        markdown.made("bench"),
        "# Benchmarks\n",
        f"{METHOD}\n",
        *_goals(judged, goals),
        *(part for section, found in tables.items() for part in _section(section, saved[section], found)),
    ]
    markdown.write_page(folder / PAGE_NAME, "\n".join(lines).rstrip() + "\n")


def _by_race(results: SavedResults) -> dict[str, RaceOutcome]:
    return {outcome.name: outcome for outcome in results.outcomes}


def _goals(judged: Sequence[JudgedGoal], picture: Picture | None) -> Iterator[str]:
    if not judged:
        return
    found = [one for one in judged if one.found]
    met = sum(one.verdict == "met" for one in found)
    yield '## <a id="goals"></a>Goals\n'
    yield (
        f"The goals, and what was measured. Of {len(judged)} goals {met} are met, {len(found) - met} missed, "
        f"and {len(judged) - len(found)} not measured.\n"
    )
    rows = [[str(number), *one.row()] for number, one in enumerate(judged, start=1)]
    yield markdown.table(_escaped(rows), ["", "what", "goal", "measured", "verdict"])
    if picture:
        yield embedded(picture, f"{PICTURE_FOLDER}/{picture.name}.svg")


def _goals_picture(judged: Sequence[JudgedGoal]) -> Picture | None:
    points = [(number, one.of_goal) for number, one in enumerate(judged, start=1) if one.of_goal is not None]
    if not points:
        return None
    numbers = [number for number, _ in points]
    lines = (Line("measured", numbers, [y for _, y in points]), Line("goal", numbers, [1.0] * len(points)))
    return Picture(
        "bench-goals",
        "Measured / goal for each goal, by its number in the table; goal / measured where the goal is a lower limit. A "
        "goal is met up to 1.",
        "goal",
        "measured / goal",
        (Panel("", lines),),
        log="y",
    )


def _section(section: ReportSection, saved: SavedResults, found: Sequence[ResultTable]) -> Iterator[str]:
    yield f'## <a id="{section.name}"></a>{section.title}\n'
    yield f"{section.question}\n"
    yield f"*{machine_sentence(saved.machine)}*\n"
    for table in found:
        yield f"### {table.title}\n"
        yield f"{table.question}\n"
        yield markdown.table(_escaped(table.rows), _escaped([table.headers])[0])
        if table.answer:
            yield f"{table.answer}\n"
        if table.shown:
            yield embedded(table.shown, f"{PICTURE_FOLDER}/{table.shown.name}.svg")
    yield f"Measure only this section: `nox -s bench -- {section.name}`\n"


def _escaped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells as plain text: they may hold what a process printed."""
    return [[markdown.plain(cell) for cell in row] for row in rows]
