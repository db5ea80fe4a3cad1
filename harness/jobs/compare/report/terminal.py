"""What a person sees while `compare` runs, and after it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from harness.jobs.compare.report.kept import Kept, missing_toolchain
from harness.jobs.compare.report.views import digits_by_quantity, error_ratio_by_quantity, reasons
from harness.judging.verdict import VERDICTS
from harness.reporting.grid import NOTHING, Grid, grid_text
from harness.reporting.progress import progress_bar

if TYPE_CHECKING:
    from harness.jobs.compare.run import Comparison, Selection
    from harness.jobs.compare.schedule import Answered
CASES_NAMED = 10  # cases that are named


class ComparisonDisplay(Protocol):
    """Told of each result as it comes."""

    def show(self, result: Answered, total: int, of_each: int) -> None: ...

    def close(self) -> None: ...


def comparison_display() -> ComparisonDisplay:
    """A progress bar on a terminal, plain lines elsewhere."""
    return _ComparisonBar() if sys.stdout.isatty() else _ComparisonLines()


class _ComparisonBar:
    def __init__(self) -> None:
        self._progress = progress_bar("cases")
        self._task = self._progress.add_task("loading the data", total=None)
        self._progress.start()

    def show(self, result: Answered, total: int, of_each: int) -> None:
        self._progress.update(self._task, advance=1, total=total, description=result.implementation)

    def close(self) -> None:
        self._progress.stop()


class _ComparisonLines:
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


def print_comparison(comparison: Comparison) -> None:
    """Digits by implementation and quantity, errors in units of their bounds, what failed and why, the counts of the
    verdicts, and the time."""
    tally = comparison.tally
    print("\nCorrect digits in the worst case")
    for kind in tally.kinds:
        print(f"\n{kind}:\n{grid_text(digits_by_quantity(tally, kind))}")
    if (error_ratio := error_ratio_by_quantity(tally, lambda one: NOTHING if one != one else f"{one:.2g}")).rows:
        print(f"\nWorst error / rounding bound (<= 1 is correct):\n{grid_text(error_ratio)}")
    if (failed := reasons(tally, "failed")).rows:
        print(f"\nFailed:\n{grid_text(failed)}")
    if cases := sum(of.wrong_cases for of in tally.of.values()):
        heads = ["implementation", "case", "quantity", "layer", "entry"]
        first = [[row._asdict()[head] for head in heads] for of in tally.of.values() for row in of.wrong][:CASES_NAMED]
        print(f"\nWrong, the first of each case ({len(first)} of {cases}; --reports FOLDER writes all):")
        print(grid_text(Grid(heads, first)))
    judged = ", ".join(f"{tally.verdicts[verdict]:,} {verdict}" for verdict in VERDICTS if tally.verdicts[verdict])
    unjudged = "none: weights after epochs are not judged"
    print(f"\nVerdicts, one for each quantity, layer and case: {judged or unjudged}.")
    languages = Counter(one.language or "unknown" for one in comparison.selection.implementations)
    if len(languages) > 1:
        print(
            f"Implementations by language: {', '.join(f'{count} {name}' for name, count in languages.most_common())}."
        )
    workers = f"{comparison.jobs} worker{'s' if comparison.jobs > 1 else ''}"
    elapsed = f"{comparison.elapsed:.2g}" if comparison.elapsed < 10 else f"{comparison.elapsed:.0f}"
    print(f"{elapsed} s with {workers}, {comparison.share:.0%} of it inside the implementations.")


def print_not_run(selection: Selection, kept: Kept) -> None:
    """A line for each implementation whose toolchain is missing, and how many ran; nothing if all did."""
    missing = {one: why for one in selection.implementations if (why := missing_toolchain(one))}
    for one, why in missing.items():
        rest = "the reports keep its earlier rows" if one.name in kept.names else "its cases are unsupported"
        rest += f". Warning: the kept rows are of an older version of {one.path.name}" if kept.is_outdated(one) else ""
        print(f"Not run: {one.name}: {why}; {rest}")
    if missing:
        count = len(selection.implementations)
        print(f"{count - len(missing)} of {count} implementations ran.")
