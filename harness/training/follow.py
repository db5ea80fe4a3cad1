"""Every runner on every course, from wherever the last time has come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.answers import Refusal
from harness.discover import available, find
from harness.errors import UnusableInput
from harness.selection import chosen, named
from harness.training.courses import EPOCHS, Course, courses
from harness.training.runners import PERTURBED, PLANTED_MISTAKE, TRUTH, Formulation, Runner, ScikitLearn
from harness.training.runs import Reached, Stopped, Train
from harness.training.store import Run, Store, fingerprint
from harness.workers import run_tasks

_TAKEN = [one.name for one in (ScikitLearn(), PLANTED_MISTAKE, TRUTH, PERTURBED)]


@dataclass(frozen=True)
class Selection:
    """Who is followed and where, and whether that is all there is."""

    runners: tuple[Runner, ...]
    courses: tuple[Course, ...]
    complete: bool


@dataclass(frozen=True)
class Followed:
    """The runs by course and runner, and why those that have stopped did."""

    selection: Selection
    runs: Mapping[tuple[str, str], Run]
    stopped: Mapping[tuple[str, str], Refusal]


class Display(Protocol):
    """What a person sees meanwhile."""

    def begin(self, runs: Sequence[Run]) -> None:
        """Told of all runs, as they are found."""

    def reached(self, run: Run, epochs: int) -> None:
        """A run has come so many epochs further."""

    def stopped(self, run: Run) -> None:
        """A run has come to an end before its time."""

    def close(self) -> None:
        """Nothing more will come."""


def select(only: str | None = None, course: str | None = None, epochs: int = EPOCHS) -> Selection:
    """Implementations from comma-separated names or paths, courses from comma-separated ids or patterns; None means
    all, scikit-learn included. Raises UnknownName, or UnusableInput where nothing is named or a path is none."""
    peers = (ScikitLearn(),) if only is None else ()
    found = find(named(only)) if only is not None else available()
    ours = {one.name: one.path for one in available()} | dict.fromkeys(_TAKEN)
    for one in found:
        if ours.get(one.name, one.path) != one.path:
            raise UnusableInput(f"{one.path}: expected a name of its own, found that of a run of ours; rename the file")
    formulations = map(Formulation, found)
    runners: tuple[Runner, ...] = (*formulations, *peers, PLANTED_MISTAKE, TRUTH, PERTURBED)
    followed = chosen(courses(epochs), course, "course")
    return Selection(runners, followed, complete=only is course is None and epochs == EPOCHS)


def follow(selection: Selection, store: Store, jobs: int, seconds: float, display: Display) -> Followed:
    """Train in `jobs` processes whatever the store does not have, `seconds` at most between two recorded epochs. What
    a run has reached is in the store before the display is told."""
    inputs = {course.id: course.build() for course in selection.courses}
    runs = {}
    for runner in selection.runners:
        for course in selection.courses:
            given = inputs[course.id]
            run = Run(runner, course, given, fingerprint(runner, course, given))
            runs[run.key] = replace(run, states=store.read(run))
    display.begin([*runs.values()])
    stopped: dict[tuple[str, str], Refusal] = {}
    tasks = [
        Train(run.runner, run.course, run.inputs, run.epoch, run.states[-1] if run.states else None)
        for run in runs.values()
        if not run.is_complete
    ]
    for outcome in run_tasks(tasks, jobs, seconds) if tasks else ():
        assert isinstance(outcome, Reached | Stopped)
        key = outcome.course, outcome.runner
        before = runs[key]
        if isinstance(outcome, Stopped):
            stopped[key] = outcome.refusal
            store.discard(before)
            display.stopped(before)
        else:
            runs[key] = replace(before, states=(*before.states, outcome.state))
            store.write(runs[key])
            display.reached(runs[key], outcome.epoch - before.epoch)
    return Followed(selection, runs, stopped)
