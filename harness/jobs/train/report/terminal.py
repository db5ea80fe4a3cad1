"""What a person sees while training is followed, and after it."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tabulate import tabulate

from harness.jobs.train.report.views import (
    NOT_TRAINED,
    answer,
    digits_by_runner,
    kinds,
    marks_in_words,
    not_trained,
)
from harness.jobs.train.store import Run
from harness.reporting.progress import progress_bar

if TYPE_CHECKING:
    from harness.jobs.train.follow import TrainingDisplay
    from harness.jobs.train.judged import Judged


def training_display() -> TrainingDisplay:
    """A progress bar on a terminal, plain lines elsewhere."""
    return _TrainingBar() if sys.stdout.isatty() else _TrainingLines()


class _TrainingBar:
    """Counts epochs of all runs; what was kept from the last time is there at once."""

    def __init__(self) -> None:
        self._progress = progress_bar("epochs")
        self._task = self._progress.add_task("loading the data", total=None)
        self._progress.start()

    def begin(self, runs: Sequence[Run]) -> None:
        total, done = sum(run.course.epochs for run in runs), sum(run.epoch for run in runs)
        self._progress.update(self._task, total=total, completed=done)

    def reached(self, run: Run, epochs: int) -> None:
        self._progress.update(self._task, advance=epochs, description=run.runner.name)

    def stopped(self, run: Run) -> None:
        self._progress.update(self._task, advance=run.course.epochs - run.epoch)

    def close(self) -> None:
        self._progress.stop()


class _TrainingLines:
    """One line for what was kept, and one for every runner that is through."""

    def __init__(self) -> None:
        self._left: dict[str, set[str]] = defaultdict(set)
        self._stopped: dict[str, int] = defaultdict(int)
        self._courses = 0

    def begin(self, runs: Sequence[Run]) -> None:
        done, total = sum(run.epoch for run in runs), sum(run.course.epochs for run in runs)
        if done:
            print(f"{done} of {total} epochs are there from before", flush=True)
        self._courses = len({run.course.id for run in runs})
        for run in runs:
            if not run.is_complete:
                self._left[run.runner.name].add(run.course.id)

    def reached(self, run: Run, epochs: int) -> None:
        if run.is_complete:
            self._through(run)

    def stopped(self, run: Run) -> None:
        self._stopped[run.runner.name] += 1
        self._through(run)

    def _through(self, run: Run) -> None:
        name = run.runner.name
        self._left[name].discard(run.course.id)
        if not self._left[name]:
            trained = self._courses - self._stopped[name]
            print(f"{name}: {trained} of {self._courses} courses, {run.course.epochs} epochs each", flush=True)

    def close(self) -> None:
        """Nothing to tidy up."""


def print_training(judged: Judged) -> None:
    """Digits of the weights by run, what was not trained and why, and the answer."""
    for kind, courses in kinds(judged.selection.courses).items():
        print(f"\nCorrect digits of the weights after {marks_in_words(courses[0])} epochs; {kind}:")
        print(tabulate(digits_by_runner(judged, courses), headers="keys", tablefmt="simple", disable_numparse=True))
    if rows := not_trained(judged):
        print("\nNot trained, or not to the end:")
        print(tabulate(rows, headers=NOT_TRAINED, tablefmt="simple", maxcolwidths=[None, None, 90, None]))
    print()
    print("\n".join(answer(judged)))
