"""One implementation, examined: asked about cases, judged, and where it departs from the truth asked again, until the
cause is known. Every command that judges implementations does it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cases import EPOCHS, Case, functions_of
from harness.contract import Inputs
from harness.judging import CaseTruth, Outcome, Trial
from harness.pool import Pool
from harness.requests import Request, Submission, ask

if TYPE_CHECKING:
    from harness.cause import Cause
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.answers import Answer, Fault, Refusal
from harness.conventions import OURS, Convention, fits, layouts, scalings
from harness.judging import CONVENTION, judge_case

# A case tells one scale of the cost from another if some true number is so many times what rounding explains of it:
# then no factor of 2 or more apart lies within the bounds of both, which are twice as wide for the other.
TELLS = 10


def declared(constants: Mapping[str, Any]) -> tuple[Convention, Refusal | None]:
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
        self.declared, self._fault = declared(constants)
        self.found = self.declared
        self._layouts = layouts(self.declared)
        self._candidates: list[Convention] | None = None  # conventions that explain all that is pending; None at first
        self._departing: Counter[Convention] = Counter()  # cases, by layout
        self._telling: dict[tuple[int, int, str], Inputs] = {}  # of cases that agree
        self._pending: list[Trial] = []

    def add(self, trial: Trial) -> list[Outcome]:
        """Judge another case; the outcomes that are known by now, in the order in which their cases came. A departure
        is `wrong` until its cause is known."""
        if self._fault is not None:
            trial = replace(trial, answers=dict.fromkeys(trial.answers, Answer(refusal=self._fault)))
        self.latest = outcome = judge_case(trial, self.declared)
        fitting = self._fitting(trial)
        if not outcome.departures and (self.declared in fitting or not fitting):
            if outcome.verdict == "agrees":
                self._agree(trial, fitting)
            return [outcome]
        self._depart(trial, fitting)
        return [] if self._candidates or len(self._layouts) > 1 else self.rest()

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
        arrays = trial.answers["backprop"].arrays if "backprop" in trial.answers else {}
        if not arrays:
            return layouts(self.declared)
        return [one for one in layouts(self.declared) if fits(one, arrays, trial.inputs)]

    def _agree(self, trial: Trial, fitting: list[Convention]) -> None:
        """Note what a case that agrees says against other conventions."""
        inputs = trial.inputs
        place = len(inputs.x), inputs.t.shape[1], inputs.network.cost.name
        if place not in self._telling and _tells(trial):
            self._telling[place] = inputs
            self._narrow(lambda one: not self._is_contradicted(one))
        if len(self._layouts) > 1:
            others = [one for one in fitting if one == self.declared or not judge_case(trial, one).departures]
            self._layouts = [one for one in self._layouts if one in others]
            self._narrow(lambda one: any(_is_laid_out(one, layout) for layout in self._layouts))

    def _depart(self, trial: Trial, fitting: list[Convention]) -> None:
        """Note which conventions explain a case that does not agree."""
        self._pending.append(trial)
        self._layouts = [one for one in self._layouts if one in fitting]
        self._departing.update(one for one in self._layouts if judge_case(trial, one).departures)
        if self._candidates is None:
            scaled = [one for layout in self._layouts for one in scalings(layout)[1:]]
            self._candidates = [one for one in (*self._layouts, *scaled) if not self._is_contradicted(one)]
        self._narrow(
            lambda one: (
                any(_is_laid_out(one, layout) for layout in self._layouts) and not judge_case(trial, one).departures
            )
        )

    def _narrow(self, explains: Callable[[Convention], bool]) -> None:
        if self._candidates is not None:
            self._candidates = [one for one in self._candidates if explains(one)]

    def _is_contradicted(self, one: Convention) -> bool:
        """Whether a case that agrees under the declared convention cannot agree under this one."""
        return any(
            one.sign != self.declared.sign or one.scale(inputs) != self.declared.scale(inputs)
            for inputs in self._telling.values()
        )


def _is_laid_out(one: Convention, layout: Convention) -> bool:
    return (one.layout, one.bias) == (layout.layout, layout.bias)


def _tells(trial: Trial) -> bool:
    """Whether a case has numbers that another scale of the cost would change by more than rounding."""
    return any(bool((np.abs(part.high) > TELLS * part.allowed)[~part.undecidable].any()) for part in trial.truth.parts)


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
        epochs = (1, EPOCHS) if case.online else ()
        request = ask((self, case.id), functions_of(case), inputs, case.learning_rate, epochs=epochs)
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
        from harness.cause import Cause  # most implementations are right, and need none of it

        self._ask_again(Cause(outcome, self.verdicts.found))
        return True

    def _ask_again(self, cause: Cause) -> None:
        case = cause.outcome.trial.case
        self._pool.add(self._again, [ask((self, cause), cause.functions, cause.inputs, case.learning_rate)])
