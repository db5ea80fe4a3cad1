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
from harness.reporting.document import Block, Chapter, DataTable, Document, Image, Paragraph, literal
from harness.reporting.figures import Line, Panel, Picture, write_pictures
from harness.reporting.files import PICTURES
from harness.reporting.markdown import write_report

REPORT_NAME = "benchmarks"
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
    for old in (folder / PICTURES).glob("bench-*.svg"):
        old.unlink()
    write_pictures([*([goals] if goals else []), *drawn], folder / PICTURES)
    parts = [_part(section, saved[section], found) for section, found in tables.items()]
    document = Document("Benchmarks", (Paragraph(METHOD), *_goals(judged, goals), *parts))
    write_report(folder, REPORT_NAME, "bench", document)


def _by_race(results: SavedResults) -> dict[str, RaceOutcome]:
    return {outcome.name: outcome for outcome in results.outcomes}


def _goals(judged: Sequence[JudgedGoal], picture: Picture | None) -> Iterator[Chapter]:
    if not judged:
        return
    found = [one for one in judged if one.found]
    met = sum(one.verdict == "met" for one in found)
    counts = (
        f"Of {len(judged)} goals {met} are met, {len(found) - met} missed, and {len(judged) - len(found)} not measured."
    )
    rows = [[number, *map(literal, one.row())] for number, one in enumerate(judged, start=1)]
    table = DataTable.of(["", "what", "goal", "measured", "verdict"], rows)
    yield Chapter("Goals", (Paragraph(counts), table, *_image(picture)), "goals")


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


def _part(section: ReportSection, saved: SavedResults, found: Sequence[ResultTable]) -> Chapter:
    blocks: tuple[Block, ...] = (
        Paragraph(section.question),
        Paragraph(f"*{literal(machine_sentence(saved.machine))}*"),
        *(Chapter(table.title, tuple(_shown(table))) for table in found),
        Paragraph(f"Measure only this section: `nox -s bench -- {section.name}`"),
    )
    return Chapter(section.title, blocks, section.name)


def _shown(table: ResultTable) -> Iterator[Block]:
    """A table, whose cells may hold what a process printed."""
    yield Paragraph(table.question)
    yield DataTable.of(map(literal, table.headers), [map(literal, row) for row in table.rows])
    if table.answer:
        yield Paragraph(table.answer)
    yield from _image(table.shown)


def _image(picture: Picture | None) -> tuple[Image, ...]:
    return (Image(picture.name, picture.caption),) if picture else ()
