"""What a person sees while `compare` runs, and after it."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from tabulate import tabulate

from harness.verdict import VERDICTS
from harness.views import NOTHING, case_groups, digits_by_quantity, excess_by_quantity, reasons

if TYPE_CHECKING:
    from rich.progress import Progress

    from harness.compare import Comparison
    from harness.run import Result
FEW = 10  # cases that are named


class Display(Protocol):
    """Told of each result as it comes."""

    def show(self, result: Result, total: int, of_each: int) -> None: ...

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

    def show(self, result: Result, total: int, of_each: int) -> None:
        self._progress.update(self._task, advance=1, total=total, description=result.implementation)

    def close(self) -> None:
        self._progress.stop()


class _Lines:
    """One line for every implementation that is through."""

    def __init__(self) -> None:
        self._done: dict[str, list[Result]] = defaultdict(list)

    def show(self, result: Result, total: int, of_each: int) -> None:
        done = self._done[result.implementation]
        done.append(result)
        if len(done) == of_each:
            failed = sum(result.has_failed for result in done)
            print(
                f"{result.implementation}: {of_each} case{'s' if of_each > 1 else ''}"
                + (f", {failed} failed" if failed else ""),
                flush=True,
            )

    def close(self) -> None:
        pass


def print_summary(comparison: Comparison) -> None:
    """Digits by implementation and quantity, errors in units of their bounds, what failed and why, the counts of the
    verdicts, and the time."""
    print("\nCorrect digits in the worst case")
    for title, cases in case_groups(comparison.selection.cases).items():
        print(f"\n{title}:")
        print(tabulate(digits_by_quantity(comparison, cases), headers="keys", tablefmt="simple", disable_numparse=True))
    if comparison.table["excess"].notna().any():
        print("\nWorst error in units of its rounding bound (at most 1 is explained by rounding):")
        units = excess_by_quantity(comparison)
        entries = units.pop("entries").map("{:,}".format)
        shown = units.map(lambda value: NOTHING if value != value else f"{value:.2g}").assign(entries=entries)
        print(tabulate(shown, headers="keys", tablefmt="simple", disable_numparse=True))
    failed = reasons(comparison.table, "failed")
    if not failed.empty:
        print("\nFailed:")
        print(tabulate(failed, headers="keys", tablefmt="simple", showindex=False, maxcolwidths=[None, 90, None]))
    wrong = comparison.table[comparison.table["verdict"] == "wrong"]
    if not wrong.empty:
        first = wrong.drop_duplicates(["implementation", "case"])[
            ["implementation", "case", "quantity", "layer", "entry"]
        ]
        print(f"\nWrong, the first of each case ({min(len(first), FEW)} of {len(first)}; --reports FOLDER writes all):")
        print(tabulate(first.head(FEW), headers="keys", tablefmt="simple", showindex=False, disable_numparse=True))
    counts = comparison.table["verdict"].value_counts()
    judged = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if verdict in counts)
    unjudged = "none: weights after epochs are not judged"
    print(f"\nVerdicts, one for each quantity, layer and case: {judged or unjudged}.")
    workers = f"{comparison.jobs} worker{'s' if comparison.jobs > 1 else ''}"
    print(f"{comparison.elapsed:.0f} s with {workers}, {comparison.share:.0%} of it inside the implementations.")
