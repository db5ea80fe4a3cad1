"""Train every runner on every course; continue interrupted runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from harness.cases.selection import select_matching, split_names
from harness.jobs.distributed.here import HERE, Machines
from harness.jobs.train.courses import COURSE_EPOCHS, Course, courses
from harness.jobs.train.runners import OWN, PERTURBED, PLANTED_MISTAKE, TRUTH, Formulation, Runner, ScikitLearn
from harness.jobs.train.states import State, network_of
from harness.jobs.train.store import Run, Store, fingerprint
from harness.judging.conventions import DEFAULT_CONVENTION, Convention, quantities_or_refusal
from harness.judging.examine import convention_of
from harness.model.contract import Inputs
from harness.model.costs import UNSCALED
from harness.model.errors import UnusableInput
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission, contract_request
from harness.sandbox.sources.find import (
    Implementation,
    available_implementations,
    find_implementations,
    python_implementations,
)
from harness.sandbox.sources.scope import scope_of

_TAKEN = [one.name for one in OWN]


@dataclass(frozen=True)
class TrainingSelection:
    """Who is followed and where, and whether that is all there is."""

    runners: tuple[Runner, ...]
    courses: tuple[Course, ...]
    complete: bool

    @property
    def implementations(self) -> list[Implementation]:
        """The implementations among the runners, which come first."""
        return [one.implementation for one in self.runners if isinstance(one, Formulation)]

    def with_implementations(self, implementations: Sequence[Implementation]) -> TrainingSelection:
        """The same with others in place of its implementations."""
        others = self.runners[len(self.implementations) :]
        return replace(self, runners=(*map(Formulation, implementations), *others))


@dataclass(frozen=True)
class Followed:
    """The runs by course and runner, and why those that have stopped did."""

    selection: TrainingSelection
    runs: Mapping[tuple[str, str], Run]
    stopped: Mapping[tuple[str, str], Refusal]


class TrainingDisplay(Protocol):
    """What a person sees meanwhile."""

    def begin(self, runs: Sequence[Run]) -> None:
        """Called with all runs at the start."""

    def reached(self, run: Run, epochs: int) -> None:
        """A run has come so many epochs further."""

    def stopped(self, run: Run) -> None:
        """A run has come to an end before its time."""

    def close(self) -> None:
        """Called at the end."""


def select_courses(
    only: str | None = None, course: str | None = None, epochs: int = COURSE_EPOCHS
) -> TrainingSelection:
    """Implementations from comma-separated names or paths, courses from comma-separated ids or patterns; None means
    all in Python, scikit-learn included.

    Raises UnknownName, or UnusableInput if nothing is named or a path is not a file.
    """
    peers = (ScikitLearn(),) if only is None else ()
    found = find_implementations(split_names(only)) if only is not None else python_implementations()
    ours = {one.name: one.path for one in available_implementations()} | dict.fromkeys(_TAKEN)
    for one in found:
        if ours.get(one.name, one.path) != one.path:
            raise UnusableInput(f"{one.path}: expected a name of its own, found that of a run of ours; rename the file")
    formulations = map(Formulation, found)
    runners: tuple[Runner, ...] = (*formulations, *peers, PLANTED_MISTAKE, TRUTH, PERTURBED)
    followed = select_matching(courses(epochs), course, "course")
    return TrainingSelection(runners, followed, complete=only is course is None and epochs == COURSE_EPOCHS)


def follow(
    selection: TrainingSelection,
    store: Store,
    server: Server,
    jobs: int,
    limits: Limits,
    display: TrainingDisplay,
    where: Machines = HERE,
) -> Followed:
    """Train in `jobs` processes, or on other machines, whatever the store does not have, within the limits, of which
    the seconds are those between two recorded epochs. What a run has reached is in the store before the display is
    told."""
    inputs = {course.id: course.build() for course in selection.courses}
    runs = {}
    for runner in selection.runners:
        for course in selection.courses:
            given = inputs[course.id]
            run = Run(runner, course, given, fingerprint(runner, course, given))
            runs[run.key] = replace(run, states=store.read(run))
    display.begin([*runs.values()])
    stopped: dict[tuple[str, str], Refusal] = {}
    submissions = {one.name: one.submission(limits) for one in selection.runners}
    with where.pool(server, jobs, selection.implementations) as pool:
        for run in runs.values():
            if not run.is_complete:
                pool.add(submissions[run.runner.name], [_next_stretch(run)])
        for request in pool.outcomes():
            before, submission = runs[request.key], submissions[request.key[1]]
            state, refusal = _reached(before, submission, request.answers["train"])
            if refusal is not None:
                stopped[before.key] = refusal
                store.discard(before)
                display.stopped(before)
                continue
            now = runs[before.key] = replace(before, states=(*before.states, state))
            store.write(now)
            display.reached(now, now.epoch - before.epoch)
            if not now.is_complete:
                pool.add(submission, [_next_stretch(now)])
    return Followed(selection, runs, stopped)


def _next_stretch(run: Run) -> Request:
    """What its runner is asked: the state after the next recorded epoch."""
    course, inputs = run.course, run.inputs
    state = run.states[-1] if run.states else run.runner.start(course, inputs)
    epochs = [run.course.recorded[len(run.states)] - run.epoch]
    if isinstance(run.runner, Formulation):
        given = Inputs(network_of(inputs.network, state), inputs.x, inputs.t)
        asked = contract_request(run.key, ("train",), given, course.learning_rate, epochs=epochs, batch=course.batch)
        activations = [layer.activation.name for layer in given.network.layers]
        scope = scope_of(run.runner.implementation)
        return replace(asked, excluded=scope.refusal(activations, given.network.cost.name, str(given.x.dtype)))
    request = contract_request(run.key, ("train",), inputs, course.learning_rate, epochs=epochs, batch=course.batch)
    return replace(request, message={**request.message, "course": asdict(course), "state": [*state]})


def _reached(run: Run, submission: Submission, answer: Answer) -> tuple[State, Refusal | None]:
    """The state after the epochs that were requested, or the reason why there is none."""
    if not isinstance(run.runner, Formulation):
        return tuple(answer.arrays[key] for key in sorted(answer.arrays)), answer.refusal
    convention, fault = convention_of(submission.declared)
    quantities, refusal = quantities_or_refusal("train", answer, run.inputs, DEFAULT_CONVENTION)
    return tuple(quantities[key] for key in sorted(quantities)), fault or _other_training(run, convention) or refusal


def _other_training(run: Run, convention: Convention) -> Refusal | None:
    """Why the truth of the course is not that of a file with this convention; None if it is."""
    x, t = run.inputs.batches(run.course.batch)[0]
    if convention.scale(Inputs(run.inputs.network, x, t)) == UNSCALED and convention.learning_rate is None:
        return None
    constants = convention.differences_from(DEFAULT_CONVENTION)
    declared = ", ".join(f"{name} = {value!r}" for name, value in constants.items())
    return Refusal("unsupported", f"courses have the default cost and rate; the file declares {declared}")
