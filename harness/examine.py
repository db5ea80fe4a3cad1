"""One implementation, examined: asked about cases, judged, and where it departs from the truth asked again, until the
cause is known. Every command that judges implementations does it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.case_truth import CaseTruth
from harness.cases import EPOCHS, Case
from harness.contract import Inputs
from harness.judging import Outcome, Trial
from harness.pool import Pool
from harness.quantities import functions_of
from harness.requests import Request, Submission, ask
from harness.verdicts import Verdicts

if TYPE_CHECKING:
    from harness.cause import Cause


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
