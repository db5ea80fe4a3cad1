"""Examine one implementation: run it on cases, judge its answers, and run it again to find the cause of errors.

Every command that judges implementations does it with an Examination.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.cases.case import TRAINING_EPOCHS, Case, required_functions
from harness.judging.conventions import DEFAULT_CONVENTION, Convention, has_shapes_of, layout_variants, scale_variants
from harness.judging.judge import UNDECLARED_CONVENTION, CaseTruth, Outcome, Trial, judge_case
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Arrays, Fault, Refusal
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Request, Submission, contract_request
from harness.sandbox.scope import scope_of

if TYPE_CHECKING:
    from harness.judging.cause_search import CauseSearch

MAX_KEPT = 4  # agreeing cases of a kind that are kept, to be judged under other conventions


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
        self._layouts = layout_variants(self.declared)
        self._candidates: list[Convention] | None = None  # conventions under which all cases agree; None at first
        self._failing: Counter[Convention] = Counter()  # cases that are out of bounds, by layout
        self._agreeing: dict[tuple[object, ...], list[Trial]] = {}  # some of each kind of case
        self._pending: list[Trial] = []

    def add(self, trial: Trial) -> list[Outcome]:
        """Judge another case; the outcomes that are final by now, in the order of the cases.

        What is out of bounds is `wrong` until its cause is found.
        """
        if self._fault is not None:
            trial = replace(trial, answers=dict.fromkeys(trial.answers, Answer(refusal=self._fault)))
        self.latest = outcome = judge_case(trial, self.declared)
        # An answer with the shapes of another layout is refused under this one.
        is_shaped = not any(refusal.kind in ("shape", "count") for refusal in outcome.refusals.values())
        fitting = [self.declared] if is_shaped and not outcome.out_of_bounds else self._fitting(trial)
        if not outcome.out_of_bounds and (self.declared in fitting or not fitting):
            if outcome.verdict == "agrees":
                self._add_agreeing(trial)
            return [outcome]
        self._add_failing(trial, fitting)
        return self.rest() if not self._candidates and self._layouts == [self.declared] else []

    def rest(self) -> list[Outcome]:
        """The remaining outcomes, when there are no more cases."""
        if self._pending and self._candidates:
            self.found = self._candidates[0]
        elif self._pending and self._layouts:
            # Only the layout is used: a scale that does not explain all cases would hide where the code is wrong.
            self.found = min(self._layouts, key=self._failing.__getitem__)
        return self._judge_pending()

    def _judge_pending(self) -> list[Outcome]:
        outcomes = [judge_case(trial, self.found) for trial in self._pending]
        self._pending = []
        return [replace(one, verdict=UNDECLARED_CONVENTION) if one.verdict == "agrees" else one for one in outcomes]

    def _fitting(self, trial: Trial) -> list[Convention]:
        """The layouts with the shapes that backprop returned; all if it returned nothing."""
        arrays = _backprop_arrays(trial)
        if not arrays:
            return layout_variants(self.declared)
        return [one for one in layout_variants(self.declared) if has_shapes_of(one, arrays, trial.inputs)]

    def _add_agreeing(self, trial: Trial) -> None:
        """Use an agreeing case to exclude other conventions, or keep it until there are candidates."""
        if self._candidates is not None:
            self._narrow([trial])
            return
        inputs, answered = trial.inputs, (name for name, answer in trial.answers.items() if answer.refusal is None)
        kind = (len(inputs.x), inputs.t.shape[1], inputs.network.cost.name, *answered)
        some = self._agreeing.setdefault(kind, [])
        if len(some) < MAX_KEPT:
            some.append(trial)

    def _add_failing(self, trial: Trial, fitting: list[Convention]) -> None:
        """Keep only the conventions that explain a case which does not agree."""
        self._pending.append(trial)
        self._layouts = [one for one in self._layouts if one in fitting]
        self._failing.update(one for one in self._layouts if judge_case(trial, one).out_of_bounds)
        if self._candidates is None:
            self._candidates = [
                *self._layouts,
                *(one for layout in self._layouts for one in scale_variants(layout)[1:]),
            ]
            self._narrow([one for some in self._agreeing.values() for one in some])
        self._narrow([trial])

    def _narrow(self, trials: Sequence[Trial]) -> None:
        """Keep only the conventions under which these cases agree, too."""
        self._candidates = [one for one in self._candidates or () if all(_explains(one, trial) for trial in trials)]


def _backprop_arrays(trial: Trial) -> Arrays:
    return trial.answers["backprop"].arrays if "backprop" in trial.answers else {}


def _explains(one: Convention, trial: Trial) -> bool:
    arrays = _backprop_arrays(trial)
    return (not arrays or has_shapes_of(one, arrays, trial.inputs)) and not judge_case(trial, one).out_of_bounds


class RequestSubject(NamedTuple):
    """What a request of an examination is about: a case, or a step in the search for the cause of its errors."""

    examination: Examination
    case: str
    search: CauseSearch | None = None


class Examination:
    """The examination of a submission on `cases` cases, whose answers come from the pool."""

    def __init__(self, pool: Pool, submission: Submission, cases: int) -> None:
        self.submission, self._pool, self._left = submission, pool, cases
        # The cause is searched in another process, because traces of earlier calls may be the cause.
        self._again = Submission(
            f"{submission.name}, again", submission.target, submission.limits, output=submission.output
        )
        self._verdicts: Verdicts | None = None
        self._scope = scope_of(submission.target)

    @property
    def verdicts(self) -> Verdicts:
        """The verdicts so far. Available once the file is imported, because it may declare a convention."""
        if self._verdicts is None:
            self._verdicts = Verdicts(self.submission.declared)
        return self._verdicts

    def ask(self, case: Case, inputs: Inputs) -> None:
        """Queue the request for a case; it is refused if the file declares that it is for others."""
        epochs = (1, TRAINING_EPOCHS) if case.online else ()
        key = RequestSubject(self, case.id)
        request = contract_request(key, required_functions(case), inputs, case.learning_rate, epochs=epochs)
        request.excluded = self._scope.refusal(case.activations, case.cost, case.dtype)
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
        if search.take(request.answers):
            return [search.outcome]
        self._run_again(search)
        return []

    def _judge(self, truth: CaseTruth, request: Request) -> list[Outcome]:
        self._left -= 1
        outcomes = self.verdicts.add(Trial(truth, request.answers))
        if not self._left:
            outcomes += self.verdicts.rest()
        return [one for one in outcomes if not self._search_cause(one)]

    def _search_cause(self, outcome: Outcome) -> bool:
        """Whether the cause of its errors has to be found first; if so, the search is started."""
        if not outcome.out_of_bounds:
            return False
        from harness.judging.cause_search import CauseSearch  # most implementations are right and do not need it

        self._run_again(CauseSearch(outcome, self.verdicts.found))
        return True

    def _run_again(self, search: CauseSearch) -> None:
        case = search.outcome.trial.case
        key = RequestSubject(self, case.id, search)
        self._pool.add(self._again, [contract_request(key, search.functions, search.inputs, case.learning_rate)])
