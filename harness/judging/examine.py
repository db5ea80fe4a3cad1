"""Examine one implementation: run it on cases, judge its answers, and run it again to find the cause of errors.

Every command that judges implementations does it with an Examination.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.cases.case import TRAINING_EPOCHS, Case, required_functions
from harness.judging.arithmetic.observation import has_digits, loses_power, observed
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.judging.judge import (
    UNDECLARED_CONVENTION,
    CaseTruth,
    Outcome,
    Trial,
    judge_case,
    standard_of,
)
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Fault, Refusal
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Request, Submission, contract_request

if TYPE_CHECKING:
    from harness.judging.causes.cause_search import CauseSearch

MAX_KEPT = 4  # agreeing cases of a kind that are kept, to be judged under other conventions
FEWEST_ERRORS = 16  # of δ in a case: a few numbers of which all others are multiples are like any others by chance


def convention_of(constants: Mapping[str, Any]) -> tuple[Convention, Refusal | None]:
    """The convention that the constants of a file declare; or the default, and why the declaration is invalid."""
    try:
        return Convention.declared(constants), None
    except Fault as fault:
        return DEFAULT_CONVENTION, fault.refusal


class Verdicts:
    """The verdicts on the cases of one implementation, and the convention that it follows.

    `declared` is the convention in the file, or the default; `found` is the one that its numbers follow. `latest` is
    the last case, judged under `declared`.
    """

    latest: Outcome

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.declared, self._fault = convention_of(constants)
        self.found = self.declared
        self._agreeing: dict[tuple[object, ...], list[Trial]] = {}  # some of each kind of case
        self._pending: list[Trial] = []

    def add(self, trial: Trial) -> list[Outcome]:
        """Judge another case; its outcome if it is final, that is if no other convention could change it."""
        if self._fault is not None:
            trial = replace(trial, answers=dict.fromkeys(trial.answers, Answer(refusal=self._fault)))
        self.latest = outcome = judge_case(trial, self.declared)
        if outcome.out_of_bounds or self._has_another_layout(outcome):
            self._pending.append(trial)
            return []
        if outcome.verdict == "agrees":
            self._keep(trial)
        return [_with_arithmetic(outcome, self.declared)]

    def _has_another_layout(self, outcome: Outcome) -> bool:
        """Whether an answer is refused because it has the shapes of another layout."""
        if not any(refusal.kind in ("shape", "count") for refusal in outcome.refusals.values()):
            return False
        from harness.judging.find_convention import is_fitting, possible_layouts  # most answers do not need it

        return any(is_fitting(one, outcome.trial) for one in possible_layouts(self.declared)[1:])

    def rest(self) -> list[Outcome]:
        """The remaining outcomes, when there are no more cases. What is out of bounds is `wrong` until its cause is
        found."""
        if not self._pending:
            return []
        from harness.judging.find_convention import find_convention  # most implementations do not need it

        agreeing = [one for some in self._agreeing.values() for one in some]
        self.found = find_convention(self.declared, self._pending, agreeing)
        outcomes = [judge_case(trial, self.found) for trial in self._pending]
        self._pending = []
        if self.found != self.declared:
            outcomes = [
                replace(one, verdict=UNDECLARED_CONVENTION) if one.verdict == "agrees" else one for one in outcomes
            ]
        return [_with_arithmetic(one, self.found) for one in outcomes]

    def _keep(self, trial: Trial) -> None:
        """Keep an agreeing case, to be judged under other conventions."""
        inputs, answered = trial.inputs, (name for name, answer in trial.answers.items() if answer.refusal is None)
        output = inputs.network.layers[-1].activation.name
        kind = (len(inputs.x), inputs.t.shape[1], inputs.network.cost.name, output, *answered)
        some = self._agreeing.setdefault(kind, [])
        if len(some) < MAX_KEPT:
            some.append(trial)


def _with_arithmetic(outcome: Outcome, convention: Convention) -> Outcome:
    """The outcome, inaccurate if its numbers are within their bounds and those of a narrower arithmetic.

    That is asked only where the bounds have lost the power to tell: in large networks, and in float32.
    """
    if outcome.out_of_bounds or outcome.faults or not outcome.judgements:
        return outcome
    if not loses_power(outcome.trial.standards, outcome.trial.case.dtype):
        return outcome
    trial, case = outcome.trial, outcome.trial.case
    if len(trial.inputs.x) * sum(len(layer.b) for layer in trial.inputs.network.layers) < FEWEST_ERRORS:
        return outcome
    values = {key: one for key, one in outcome.quantities.items() if key in outcome.judgements}
    standards = {key: standard_of(key, one, trial, convention) for key, one in values.items()}
    # An update far below the rounding of its weights says nothing about how it was computed.
    values = {key: one for key, one in values.items() if has_digits(standards[key])}
    observations = observed(values, standards, trial.inputs, case.learning_rate, case.dtype, convention)
    from harness.judging.arithmetic.named import named_arithmetic  # few cases need it

    named = named_arithmetic(observations) if observations else None
    return outcome if named is None else _inaccurate_within_bounds(outcome, named.reason)


def _inaccurate_within_bounds(outcome: Outcome, reason: str) -> Outcome:
    """The outcome of numbers that are within their bounds, and yet known to come from narrower arithmetic."""
    judgements = {key: replace(one, verdict="inaccurate") for key, one in outcome.judgements.items()}
    return replace(outcome, verdict="inaccurate", judgements=judgements, cause="inaccurate", reason=reason)


class RequestSubject(NamedTuple):
    """What a request of an examination is about: a case, or the run with this number in the search for a cause."""

    examination: Examination
    case: str
    search: CauseSearch | None = None
    run: int = 0


class Examination:
    """The examination of a submission on `cases` cases, whose answers come from the pool."""

    def __init__(self, pool: Pool, submission: Submission, cases: int) -> None:
        self.submission, self._pool, self._left = submission, pool, cases
        # The cause is searched in another process, because traces of earlier calls may be the cause.
        self._again = submission.apart("again")
        self._verdicts: Verdicts | None = None
        self._is_declared = False

    @property
    def verdicts(self) -> Verdicts:
        """The verdicts so far.

        Until the file is imported, which may declare a convention, there are only cases that are out of its scope.
        """
        if self._verdicts is None or (self.submission.was_loaded and not self._is_declared):
            self._verdicts, self._is_declared = Verdicts(self.submission.declared), self.submission.was_loaded
        return self._verdicts

    def ask(self, case: Case, inputs: Inputs) -> None:
        """Queue the request for a case; it is refused if the file declares that it is for others."""
        epochs = (1, TRAINING_EPOCHS) if case.online else ()
        key = RequestSubject(self, case.id)
        request = contract_request(key, required_functions(case), inputs, case.learning_rate, epochs=epochs)
        request.excluded = self.submission.scope.refusal(case.activations, case.cost, case.dtype)
        self._pool.add(self.submission, [request])

    def extend(self, cases: int) -> None:
        """Expect the answers to so many more cases before the last outcomes are final."""
        self._left += cases

    def take(self, request: Request, truth: CaseTruth | None) -> list[Outcome]:
        """Judge the answers to a request; the outcomes that are final by now.

        `truth` is that of the request's case, or None if the request belongs to the search for a cause.
        """
        if truth is not None:
            return self._judge(truth, request)
        search: CauseSearch = request.key.search
        if not search.take(request.key.run, request.answers):
            return []
        self._run_again(search)
        return [] if search.runs else search.outcomes

    def _judge(self, truth: CaseTruth, request: Request) -> list[Outcome]:
        self._left -= 1
        outcomes = self.verdicts.add(Trial(truth, request.answers))
        if not self._left:
            outcomes += self.verdicts.rest()
            failing = [one for one in outcomes if one.out_of_bounds]
            outcomes = [one for one in outcomes if not one.out_of_bounds]
            if failing:
                from harness.judging.causes.cause_search import (
                    CauseSearch,  # most implementations are right, without it
                )

                self._run_again(CauseSearch(failing, self.verdicts.found))
        return outcomes

    def _run_again(self, search: CauseSearch) -> None:
        """Queue the runs that the search needs next."""
        requests = []
        for number, run in enumerate(search.runs):
            case = search.outcomes[run.suspect].trial.case
            key = RequestSubject(self, case.id, search, number)
            requests.append(contract_request(key, search.functions(run), run.inputs, case.learning_rate))
        self._pool.add(self._again, requests)
