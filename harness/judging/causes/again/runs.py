"""Run a submission on given inputs, and compute their truths while it computes its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.cases.case import Case, required_functions
from harness.judging.conventions import Convention
from harness.judging.judge import CaseTruth, Outcome, Trial, judge_case, standard_of
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Submission, contract_request
from harness.truth.certify import Standard

MAX_VARIED_SECONDS = 0.5  # inside the file


def run_trials(
    pool: Pool, submission: Submission, pairs: Sequence[tuple[Case, Inputs]], functions: Sequence[str] = ()
) -> list[Trial]:
    """The trials of cases with these inputs, in their order, of the functions given or required."""
    requests = [
        contract_request(number, tuple(functions) or required_functions(case), inputs, case.learning_rate)
        for number, (case, inputs) in enumerate(pairs)
    ]
    pool.add(submission, requests)
    answered, truths = pool.poll(), list[CaseTruth]()
    for case, inputs in pairs:
        truths.append(CaseTruth.of(case, inputs))
        answered += pool.poll()
    answered += pool.outcomes()
    return [Trial(truths[one.key], one.answers) for one in sorted(answered, key=lambda one: one.key)]


class OutOfTime(Exception):
    """There is no time for more runs of a slow file."""


@dataclass(eq=False)
class Rerunner:
    """Runs a submission on cases and inputs, while there is time.

    `longest` is the time of a run, and `seconds` what is left for all of them, both inside the file. `coarse` is the
    coarsest arithmetic that the submission may compute in, as a dtype.
    """

    pool: Pool
    submission: Submission
    convention: Convention
    coarse: str
    longest: float
    seconds: float = MAX_VARIED_SECONDS

    def run(self, pairs: Sequence[tuple[Case, Inputs]], functions: Sequence[str]) -> list[Rerun]:
        """These runs, in their order. Raises OutOfTime."""
        self.seconds -= len(pairs) * self.longest
        if self.seconds < 0:
            raise OutOfTime
        trials = run_trials(self.pool, self.submission, pairs, functions)
        return [Rerun(judge_case(trial, self.convention), self.convention, self.coarse) for trial in trials]


@dataclass(frozen=True, eq=False)
class Rerun:
    """A run that was judged under a convention, and what rounding may change in its numbers."""

    outcome: Outcome
    convention: Convention
    coarse: str

    @property
    def inputs(self) -> Inputs:
        return self.outcome.trial.inputs

    @property
    def is_right(self) -> bool:
        """Whether it returned numbers, and all of them are within their bounds."""
        return bool(self.outcome.judgements) and not self.outcome.out_of_bounds and not self.outcome.faults

    @property
    def divisor(self) -> int:
        """What the sum over the rows is divided by."""
        return self.convention.scale(self.inputs).divisor

    def covers(self, key: ArrayKey) -> bool:
        """Whether it has the quantity and its truth."""
        return key in self.outcome.judgements

    def value(self, key: ArrayKey) -> Array:
        """The submission's numbers."""
        return self.outcome.quantities[key]

    def truth(self, key: ArrayKey) -> Array:
        """The true numbers."""
        return self._standard(key).truth.high

    def error(self, key: ArrayKey) -> Array:
        """The submission's numbers minus the true ones."""
        return np.asarray(self._standard(key).error(self.value(key)))

    def room(self, key: ArrayKey, *, is_coarse: bool = False) -> Array:
        """What rounding may change in each number; infinite where that is not known.

        With `is_coarse`, what it may change in the largest number, in the arithmetic `coarse` and for numbers as large
        as the submission's: where the true number is 0 and has no rounding error, a wrong one may have one.
        """
        if (key, is_coarse) not in self._rooms:
            self._rooms[key, is_coarse] = self._coarse_room(key) if is_coarse else _room_of(self._standard(key))
        return self._rooms[key, is_coarse]

    def _coarse_room(self, key: ArrayKey) -> Array:
        largest = np.abs(self.truth(key)).max()
        if not self._coarse.standards or not largest:
            return np.full(self.value(key).shape, np.inf)
        growth = max(1.0, float(np.abs(self.value(key)).max() / largest))
        trial = replace(self.outcome.trial, truth=self._coarse)
        room = growth * _room_of(standard_of(key, self.value(key), trial, self.convention))
        return np.asarray(np.maximum(room, room[np.isfinite(room)].max(initial=0.0)))

    def _standard(self, key: ArrayKey) -> Standard:
        if key not in self._standards:
            self._standards[key] = standard_of(key, self.value(key), self.outcome.trial, self.convention)
        return self._standards[key]

    @cached_property
    def _rooms(self) -> dict[tuple[ArrayKey, bool], Array]:
        return {}

    @cached_property
    def _standards(self) -> dict[ArrayKey, Standard]:
        return {}

    @cached_property
    def _coarse(self) -> CaseTruth:
        trial = self.outcome.trial
        return CaseTruth.of(replace(trial.case, dtype=self.coarse), trial.inputs)


def _room_of(standard: Standard) -> Array:
    room = standard.bound + standard.truth.radius + standard.changes.width
    return np.asarray(np.where(standard.undecidable | np.isnan(room), np.inf, room))
