"""One run, done by a worker: a runner on a course, its state sent after each recorded epoch."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

from harness.answers import Refusal, describe
from harness.contract import Inputs
from harness.training.courses import Course
from harness.training.runners import Runner
from harness.training.states import State


@dataclass(frozen=True, eq=False)
class Reached:
    """A run has come to a recorded epoch."""

    course: str
    runner: str
    epoch: int
    state: State


@dataclass(frozen=True, eq=False)
class Stopped:
    """A run has come to an end before its time."""

    course: str
    runner: str
    refusal: Refusal


@dataclass(frozen=True, eq=False)
class Train:
    """Train on from `state`, which is that after `epoch`, or from the start where there is none; the outcomes are one
    Reached for each recorded epoch that is left, or a Stopped."""

    runner: Runner
    course: Course
    inputs: Inputs
    epoch: int = 0
    state: State | None = None

    @property
    def owner(self) -> str:
        return self.runner.name

    def prepare(self) -> None:
        self.runner.prepare()
        # What is loaded by now stays: a formulation that makes garbage in circles would have it searched at each turn.
        gc.collect()
        gc.freeze()

    def execute(self) -> Iterator[Reached | Stopped]:
        runner, course, epoch = self.runner, self.course, self.epoch
        state = runner.start(course, self.inputs) if self.state is None else self.state
        for mark in (one for one in course.recorded if one > self.epoch):
            try:
                state = runner.advance(course, self.inputs, state, mark - epoch)
            except BaseException as error:  # whatever it raises, even an exit, is its own failure
                yield Stopped(course.id, runner.name, describe(error, runner.path))
                return
            epoch = mark
            yield Reached(course.id, runner.name, epoch, state)

    def failed(self, detail: str) -> Stopped:
        return Stopped(self.course.id, self.runner.name, Refusal("failed", detail))
