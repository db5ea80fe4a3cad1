"""Who trains: the implementations, scikit-learn, a planted mistake, the truth, and the perturbed runs.

All of them are given the same start, the same rows in the same order, and the same rule.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np

from harness.jobs.train import spread
from harness.jobs.train.courses import Course
from harness.jobs.train.states import State, balls_of, network_of, of_balls, of_network
from harness.model.contract import Array, Inputs, Network, Numbers, Unsupported
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer, refusal_from
from harness.sandbox.requests import Limits, Submission
from harness.sandbox.sources.find import Implementation
from harness.sandbox.wire.lines import Message
from harness.sandbox.wire.messages import read_inputs
from harness.truth import gradient
from harness.truth.enclosures import ball_backprop

Step: TypeAlias = Callable[[Network, Any, Any, float], Network]
PLANTED = 1e-6  # the relative error of the planted mistake


class Runner(Protocol):
    """Trains a course, some epochs at a time, in a worker."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> Path:
        """The file on which its numbers depend, beside the harness's own."""

    @property
    def adapter(self) -> Path | None:
        """Another file on which they depend, if code that was not written for the contract is driven."""

    def submission(self, limits: Limits) -> Submission:
        """The runner in worker processes."""

    def start(self, course: Course, inputs: Inputs) -> State:
        """The state before the first epoch."""


@dataclass(frozen=True)
class Harnessed:
    """A runner that is the harness's own."""

    name: ClassVar[str]
    adapter: ClassVar[Path | None] = None

    @property
    def path(self) -> Path:
        return Path(__file__)

    def submission(self, limits: Limits) -> Submission:
        return Submission(self.name, (self.name,), limits, f"{__name__}:RunnerHost")

    def start(self, course: Course, inputs: Inputs) -> State:
        return of_network(inputs.network)

    def advance(self, course: Course, inputs: Inputs, state: State, epochs: int) -> State:
        """The state so many epochs later. May raise Unsupported, which is a refusal."""
        raise NotImplementedError


@dataclass(frozen=True)
class Formulation:
    """An implementation, by its `step`."""

    implementation: Implementation

    @property
    def name(self) -> str:
        return self.implementation.name

    @property
    def path(self) -> Path:
        return self.implementation.path

    @property
    def adapter(self) -> Path | None:
        return self.implementation.adapter

    def submission(self, limits: Limits) -> Submission:
        return Submission.of(self.implementation, limits)

    def start(self, course: Course, inputs: Inputs) -> State:
        return of_network(inputs.network)


def _stepped(step: Step, course: Course, inputs: Inputs, state: State, epochs: int) -> Network:
    network, steps = network_of(inputs.network, state), inputs.batches(course.batch)
    for _ in range(epochs):
        for x, t in steps:
            network = step(network, x, t, course.learning_rate)
    return network


class _Biased(Textbook):
    def bias_gradient(self, l: int) -> Numbers:
        factors = np.ones(len(self.layer(l).b))
        factors[0] += PLANTED if l == 1 else 0.0
        return super().bias_gradient(l) * factors


@dataclass(frozen=True)
class Planted(Harnessed):
    """The textbook, with the first entry of ∂C/∂b^1 too large by a relative 1e-6."""

    name: ClassVar[str] = "planted mistake"

    def advance(self, course: Course, inputs: Inputs, state: State, epochs: int) -> State:
        def step(network: Network, x: Array, t: Array, learning_rate: float) -> Network:
            return _Biased(Inputs(network, x, t), learning_rate).step()

        return of_network(_stepped(step, course, inputs, state, epochs))


@dataclass(frozen=True)
class Perturbed(Harnessed):
    """Runs side by side whose starts are one ulp away: see harness.jobs.train.spread."""

    name: ClassVar[str] = "perturbed runs"

    def start(self, course: Course, inputs: Inputs) -> State:
        return spread.perturbed(course, of_network(inputs.network))

    def advance(self, course: Course, inputs: Inputs, state: State, epochs: int) -> State:
        return of_network(_stepped(spread.perturbed_step, course, inputs, state, epochs))


@dataclass(frozen=True)
class Exact(Harnessed):
    """The long run in higher precision."""

    name: ClassVar[str] = "truth"

    def start(self, course: Course, inputs: Inputs) -> State:
        return of_balls(ball_backprop.ball_parameters(inputs.network))

    def advance(self, course: Course, inputs: Inputs, state: State, epochs: int) -> State:
        return of_balls(gradient.advance(inputs, balls_of(state), course.learning_rate, course.batch, epochs))


@dataclass(frozen=True)
class ScikitLearn(Harnessed):
    """scikit-learn's MLPRegressor, by plain gradient descent. Its cost is ours divided by the rows of the batch."""

    name: ClassVar[str] = "scikit-learn"

    def advance(self, course: Course, inputs: Inputs, state: State, epochs: int) -> State:
        if len(course.widths) == 2:
            raise Unsupported("without a hidden layer its output is linear, or it uses another cost")
        steps = inputs.batches(course.batch)
        # It takes its learning rate once: batches of another size are an estimator of their own.
        estimators = {len(x): self._estimator(course, x, t) for x, t in (steps[0], steps[-1])}
        parameters: Sequence[Array] = [array for s in state for array in (s[:, :-1].T, s[:, -1])]
        current = None
        for _ in range(epochs):
            for x, t in steps:
                estimator = estimators[len(x)]
                if estimator is not current:
                    self._copy(parameters, self._parameters(estimator))
                    current, parameters = estimator, self._parameters(estimator)
                estimator.partial_fit(x, t[:, 0] if t.shape[1] == 1 else t)
        return tuple(np.column_stack([w.T, b]) for w, b in zip(parameters[::2], parameters[1::2], strict=True))

    def _estimator(self, course: Course, x: Array, t: Array) -> Any:
        from sklearn.neural_network import MLPRegressor

        estimator = MLPRegressor(
            hidden_layer_sizes=course.widths[1:-1],
            activation="logistic",
            solver="sgd",
            alpha=0.0,
            learning_rate_init=course.learning_rate * len(x),
            momentum=0.0,
            nesterovs_momentum=False,
            shuffle=False,
            random_state=0,
        )
        # The first call makes the arrays, which are then filled with the weights that are wanted.
        return estimator.partial_fit(x, t[:, 0] if t.shape[1] == 1 else t)

    @staticmethod
    def _parameters(estimator: Any) -> list[Array]:
        pairs = zip(estimator.coefs_, estimator.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]

    @staticmethod
    def _copy(parameters: Sequence[Array], into: Sequence[Array]) -> None:
        for one, other in zip(parameters, into, strict=True):
            other[...] = one


TRUTH, PERTURBED, PLANTED_MISTAKE = Exact(), Perturbed(), Planted()
OWN: tuple[Harnessed, ...] = (TRUTH, PERTURBED, PLANTED_MISTAKE, ScikitLearn())


class RunnerHost:
    """A runner of the harness in a worker: it answers as an implementation that trains does, of whatever its states
    are."""

    notes = ()

    def __init__(self, name: str) -> None:
        [self._runner] = [one for one in OWN if one.name == name]
        self.declared: Mapping[str, Any] = {}

    def answer(self, function: str, message: Message) -> Answer:
        """The state so many epochs later, from that in the request."""
        start, course = time.perf_counter(), Course(**message["course"])
        inputs, state = read_inputs(message), tuple(message["state"])
        [epochs] = message["epochs"]
        try:
            state = self._runner.advance(course, inputs, state, epochs)
        except BaseException as error:
            return Answer(refusal=refusal_from(error, self._runner.path))
        found = {(f"epoch{epochs}", l): layer for l, layer in enumerate(state, start=1)}
        return Answer(found, seconds=time.perf_counter() - start)
