"""The search for the cause of a file's errors: run the implementation again on other inputs, and compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.judging.causes.find_causes import Cause, CauseRun, find_causes
from harness.judging.causes.measurements import Suspect
from harness.judging.conventions import Convention, Quantities, quantities_or_refusal
from harness.judging.judge import FORWARD_QUANTITIES, Outcome, judge_case
from harness.judging.verdict import VERDICTS
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Arrays, Refusal

WRONG_FORWARD_VALUES = "the gradients are right, but the z or a that it returns are not"


class CauseSearch:
    """The search for the cause of the errors in some outcomes of one file.

    `runs` are the runs that are needed next: all of them must be answered before there are others. At the end there are
    none, and `outcomes` have the cause.
    """

    def __init__(self, outcomes: Sequence[Outcome], convention: Convention) -> None:
        self.outcomes, self._convention = [*outcomes], convention
        # Another subgradient at an exact kink is no error; what else is wrong is judged beside it.
        lenient = [_with_any_subgradient(outcome, convention) for outcome in outcomes]
        suspects = [_suspect(*pair) for pair in zip(outcomes, lenient, strict=True)]
        self._search = find_causes(suspects)
        self.runs: Sequence[CauseRun] = next(self._search)
        self._answers: dict[int, Arrays] = {}

    def functions(self, run: CauseRun) -> tuple[str, ...]:
        """The functions to call in a run: those that returned numbers before."""
        outcome = self.outcomes[run.suspect]
        return tuple(name for name in outcome.trial.answers if name not in outcome.refusals)

    def take(self, number: int, answers: Mapping[str, Answer]) -> bool:
        """Take the answers to the run with this number; True if `runs` has changed."""
        quantities: Quantities = {}
        for name, answer in answers.items():
            inputs: Inputs = self.runs[number].inputs
            quantities |= quantities_or_refusal(name, answer, inputs, self._convention)[0]
        self._answers[number] = quantities
        if len(self._answers) < len(self.runs):
            return False
        answered = [self._answers[i] for i in range(len(self.runs))]
        self._answers = {}
        try:
            self.runs = self._search.send(answered)
        except StopIteration as end:
            self.runs = ()
            self.outcomes = [_concluded(*pair) for pair in zip(self.outcomes, end.value, strict=True)]
        return True


def _is_forward(outcome: Outcome) -> bool:
    return all(name in FORWARD_QUANTITIES for name, _ in outcome.out_of_bounds)


def _with_any_subgradient(outcome: Outcome, convention: Convention) -> Convention:
    """The convention, with any subgradient at an exact kink if some error is left then."""
    inputs = outcome.trial.inputs
    has_kink = any("relu" in layer.activation.name for layer in inputs.network.layers)
    if not has_kink or (inputs.x != 0).any(axis=1).all():
        return convention
    lenient = replace(convention, subgradient="any")
    return lenient if judge_case(outcome.trial, lenient).out_of_bounds else convention


def _suspect(outcome: Outcome, convention: Convention) -> Suspect:
    case, inputs, forward = outcome.trial.case, outcome.trial.inputs, _is_forward(outcome)
    truth, rate = outcome.trial.truth.under(convention), convention.rate(case.learning_rate)
    standards = truth.forward if forward else convention.standards(truth.standards, inputs, rate, case.dtype)
    return Suspect(inputs, rate, case.dtype, convention, standards, forward)


def _with_cause(outcome: Outcome, cause: str, reason: str) -> Outcome:
    """The outcome with the cause of what is out of bounds, a verdict, and the reason for it."""
    verdicts = {judgement.verdict or cause for judgement in outcome.judgements.values()}
    verdicts |= {refusal.verdict for refusal in outcome.faults.values()}
    return replace(outcome, verdict=min(verdicts, key=VERDICTS.index), cause=cause, reason=reason)


def _concluded(outcome: Outcome, cause: Cause) -> Outcome:
    reason = WRONG_FORWARD_VALUES if cause.verdict == "wrong" and _is_forward(outcome) else cause.reason
    outcome = _with_cause(outcome, cause.verdict, reason)
    if cause.verdict != "failed":
        return outcome
    function = "step" if all(name == "update" for name, _ in outcome.out_of_bounds) else "backprop"
    refusal = Refusal("failed", reason, "two calls")
    return replace(outcome, refusals={**outcome.refusals, function: refusal})
