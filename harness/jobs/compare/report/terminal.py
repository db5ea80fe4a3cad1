"""What a person sees while `compare` runs, and after it."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol

from harness.jobs.compare.report.views import NOTHING, Grid, digits_by_quantity, error_ratio_by_quantity, reasons
from harness.judging.verdict import VERDICTS

if TYPE_CHECKING:
    from rich.progress import Progress

    from harness.jobs.compare.run import Comparison
    from harness.jobs.compare.schedule import Answered
FEW = 10  # cases that are named
WIDEST = 90  # characters of a cell in one line


class Display(Protocol):
    """Told of each result as it comes."""

    def show(self, result: Answered, total: int, of_each: int) -> None: ...

    def close(self) -> None: ...


def display() -> Display:
    """A progress bar on a terminal, plain lines elsewhere."""
    return _Bar() if sys.stdout.isatty() else _Lines()


def bar(unit: str) -> Progress:
    """A progress bar that counts in this unit, and goes when it is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        transient=True,
    )


class _Bar:
    def __init__(self) -> None:
        self._progress = bar("cases")
        self._task = self._progress.add_task("loading the data", total=None)
        self._progress.start()

    def show(self, result: Answered, total: int, of_each: int) -> None:
        self._progress.update(self._task, advance=1, total=total, description=result.implementation)

    def close(self) -> None:
        self._progress.stop()


class _Lines:
    """One line for every implementation that is through."""

    def __init__(self) -> None:
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def show(self, result: Answered, total: int, of_each: int) -> None:
        name = result.implementation
        self._done[name] += 1
        self._failed[name] += result.has_failed
        if self._done[name] == of_each:
            failed = f", {self._failed[name]} failed" if self._failed[name] else ""
            print(f"{name}: {of_each} case{'s' if of_each > 1 else ''}{failed}", flush=True)

    def close(self) -> None:
        pass


def print_summary(comparison: Comparison) -> None:
    """Digits by implementation and quantity, errors in units of their bounds, what failed and why, the counts of the
    verdicts, and the time."""
    tally = comparison.tally
    print("\nCorrect digits in the worst case")
    for kind in tally.kinds:
        print(f"\n{kind}:\n{plain(digits_by_quantity(tally, kind))}")
    if (error_ratio := error_ratio_by_quantity(tally, lambda one: NOTHING if one != one else f"{one:.2g}")).rows:
        print(
            f"\nWorst error in units of its rounding bound (at most 1 is explained by rounding):\n{plain(error_ratio)}"
        )
    if (failed := reasons(tally, "failed")).rows:
        print(f"\nFailed:\n{plain(failed)}")
    if cases := sum(of.wrong_cases for of in tally.of.values()):
        heads = ["implementation", "case", "quantity", "layer", "entry"]
        first = [[row._asdict()[head] for head in heads] for of in tally.of.values() for row in of.wrong][:FEW]
        print(f"\nWrong, the first of each case ({len(first)} of {cases}; --reports FOLDER writes all):")
        print(plain(Grid(heads, first)))
    judged = ", ".join(f"{tally.verdicts[verdict]:,} {verdict}" for verdict in VERDICTS if tally.verdicts[verdict])
    unjudged = "none: weights after epochs are not judged"
    print(f"\nVerdicts, one for each quantity, layer and case: {judged or unjudged}.")
    workers = f"{comparison.jobs} worker{'s' if comparison.jobs > 1 else ''}"
    elapsed = f"{comparison.elapsed:.2g}" if comparison.elapsed < 10 else f"{comparison.elapsed:.0f}"
    print(f"{elapsed} s with {workers}, {comparison.share:.0%} of it inside the implementations.")


def plain(grid: Grid) -> str:
    """A table for a terminal: columns with two blanks between them, long cells in several lines."""
    lines: list[list[str]] = [grid.heads, ["" for _ in grid.heads]]
    for row in grid.rows:
        cells = [textwrap.wrap(str(cell), WIDEST) for cell in row]
        lines += map(list, zip_longest(*cells, fillvalue=""))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines[1] = ["-" * width for width in widths]
    shown = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown)
