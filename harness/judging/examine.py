"""One implementation, examined: asked about cases, judged, and where it departs from the truth asked again, until the
cause is known. Every command that judges implementations does it here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.cases.case import TRAINING_EPOCHS, Case, required_functions
from harness.judging.conventions import OURS, Convention, fits, layouts, scalings
from harness.judging.judge import CONVENTION, CaseTruth, Outcome, Trial, judge_case
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Arrays, Fault, Refusal
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Request, Submission, ask

if TYPE_CHECKING:
    from harness.judging.cause import Cause

KEPT = 4  # cases of a kind that agree, and are kept to be judged under other conventions


def convention_of(constants: Mapping[str, Any]) -> tuple[Convention, Refusal | None]:
    """The convention that the constants of a file declare; or ours, and why it is none."""
    try:
        return Convention.declared(constants), None
    except Fault as fault:
        return OURS, fault.refusal


class Verdicts:
    """`found` is the convention that the numbers follow, `declared` the one in the file, ours where that is none;
    `latest` the last case as it is under that."""

    latest: Outcome

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.declared, self._fault = convention_of(constants)
        self.found = self.declared
        self._layouts = layouts(self.declared)
        self._candidates: list[Convention] | None = None  # conventions that explain all that is pending; None at first
        self._departing: Counter[Convention] = Counter()  # cases, by layout
        self._agreeing: dict[tuple[object, ...], list[Trial]] = {}  # some of each kind of case
        self._pending: list[Trial] = []

    def add(self, trial: Trial) -> list[Outcome]:
        """Judge another case; the outcomes that are known by now, in the order in which their cases came. A departure
        is `wrong` until its cause is known."""
        if self._fault is not None:
            trial = replace(trial, answers=dict.fromkeys(trial.answers, Answer(refusal=self._fault)))
        self.latest = outcome = judge_case(trial, self.declared)
        # What has the shapes of another layout is refused under this one.
        is_shaped = not any(refusal.kind in ("shape", "count") for refusal in outcome.refusals.values())
        fitting = [self.declared] if is_shaped and not outcome.departures else self._fitting(trial)
        if not outcome.departures and (self.declared in fitting or not fitting):
            if outcome.verdict == "agrees":
                self._agree(trial)
            return [outcome]
        self._depart(trial, fitting)
        return self.rest() if not self._candidates and self._layouts == [self.declared] else []

    def rest(self) -> list[Outcome]:
        """The outcomes that are left when there are no more cases."""
        if self._pending and self._candidates:
            self.found = self._candidates[0]
        elif self._pending and self._layouts:
            # The layout alone is kept: a scale that does not explain all would hide where it goes wrong.
            self.found = min(self._layouts, key=self._departing.__getitem__)
        return self._settled()

    def _settled(self) -> list[Outcome]:
        outcomes = [judge_case(trial, self.found) for trial in self._pending]
        self._pending = []
        return [replace(one, verdict=CONVENTION) if one.verdict == "agrees" else one for one in outcomes]

    def _fitting(self, trial: Trial) -> list[Convention]:
        """The layouts that what backprop returned has the shapes of; all where it returned nothing."""
        arrays = _returned(trial)
        if not arrays:
            return layouts(self.declared)
        return [one for one in layouts(self.declared) if fits(one, arrays, trial.inputs)]

    def _agree(self, trial: Trial) -> None:
        """Hear what a case that agrees says against other conventions, now or when there are any."""
        if self._candidates is not None:
            self._narrow([trial])
            return
        inputs, answered = trial.inputs, (name for name, answer in trial.answers.items() if answer.refusal is None)
        kind = (len(inputs.x), inputs.t.shape[1], inputs.network.cost.name, *answered)
        some = self._agreeing.setdefault(kind, [])
        if len(some) < KEPT:
            some.append(trial)

    def _depart(self, trial: Trial, fitting: list[Convention]) -> None:
        """Note which conventions explain a case that does not agree."""
        self._pending.append(trial)
        self._layouts = [one for one in self._layouts if one in fitting]
        self._departing.update(one for one in self._layouts if judge_case(trial, one).departures)
        if self._candidates is None:
            self._candidates = [*self._layouts, *(one for layout in self._layouts for one in scalings(layout)[1:])]
            self._narrow([one for some in self._agreeing.values() for one in some])
        self._narrow([trial])

    def _narrow(self, trials: Sequence[Trial]) -> None:
        """Keep the conventions that explain these cases, too."""
        self._candidates = [one for one in self._candidates or () if all(_explains(one, trial) for trial in trials)]


def _returned(trial: Trial) -> Arrays:
    return trial.answers["backprop"].arrays if "backprop" in trial.answers else {}


def _explains(one: Convention, trial: Trial) -> bool:
    arrays = _returned(trial)
    return (not arrays or fits(one, arrays, trial.inputs)) and not judge_case(trial, one).departures


class Examination:
    """The examination of a submission on so many cases."""

    def __init__(self, pool: Pool, submission: Submission, cases: int) -> None:
        self.submission, self._pool, self._left = submission, pool, cases
        # What departs is asked again in a process that has no traces of what ran before, which may be the cause.
        self._again = Submission(
            f"{submission.name}, again", submission.target, submission.limits, output=submission.output
        )
        self._verdicts: Verdicts | None = None

    @property
    def verdicts(self) -> Verdicts:
        """The verdicts so far, with the convention that the file declares, which is known when it has been loaded."""
        if self._verdicts is None:
            self._verdicts = Verdicts(self.submission.declared)
        return self._verdicts

    def ask(self, case: Case, inputs: Inputs) -> None:
        """Ask about a case."""
        epochs = (1, TRAINING_EPOCHS) if case.online else ()
        request = ask((self, case.id), required_functions(case), inputs, case.learning_rate, epochs=epochs)
        self._pool.add(self.submission, [request])

    def take(self, request: Request, truth: CaseTruth | None) -> list[Outcome]:
        """What follows from the answers to a request; `truth` is that of its case, if it is about one. The outcomes
        that are final by now."""
        _, about = request.key
        if truth is not None:
            return self._judged(truth, request)
        if about.take(request.answers):
            return [about.outcome]
        self._ask_again(about)
        return []

    def _judged(self, truth: CaseTruth, request: Request) -> list[Outcome]:
        self._left -= 1
        outcomes = self.verdicts.add(Trial(truth, request.answers))
        if not self._left:
            outcomes += self.verdicts.rest()
        return [one for one in outcomes if not self._asks_again(one)]

    def _asks_again(self, outcome: Outcome) -> bool:
        """Whether the cause of its departures is yet to be found."""
        if not outcome.departures:
            return False
        from harness.judging.cause import Cause  # most implementations are right, and need none of it

        self._ask_again(Cause(outcome, self.verdicts.found))
        return True

    def _ask_again(self, cause: Cause) -> None:
        case = cause.outcome.trial.case
        self._pool.add(self._again, [ask((self, cause), cause.functions, cause.inputs, case.learning_rate)])
