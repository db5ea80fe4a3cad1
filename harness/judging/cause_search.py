"""The search for the cause of an error: run the implementation again on other inputs, and compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.judging.conventions import Convention, Quantities, quantities_or_refusal
from harness.judging.find_cause import Cause, find_cause
from harness.judging.judge import Outcome, with_cause
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Refusal

WRONG_FORWARD_VALUES = Cause("wrong", "the gradients are right, but the z or a that it returns are not")


class CauseSearch:
    """The search for the cause of an outcome's errors.

    `functions` of the implementation must be run next on `inputs`; `outcome` is the outcome, with the cause in the end.
    """

    def __init__(self, outcome: Outcome, convention: Convention) -> None:
        self.outcome, self._convention = outcome, convention
        trial = outcome.trial
        self._is_forward = all(name in ("z", "a") for name, _ in outcome.out_of_bounds)
        self.functions = tuple(name for name in trial.answers if name not in outcome.refusals)
        case, inputs, truth = trial.case, trial.inputs, trial.truth.under(convention)
        rate, dtype = convention.rate(case.learning_rate), case.dtype
        known = truth.forward if self._is_forward else convention.standards(truth.standards, inputs, rate, dtype)
        self._search = find_cause(inputs, rate, dtype, convention, known, forward=self._is_forward)
        self.inputs: Inputs = next(self._search)

    def take(self, answers: Mapping[str, Answer]) -> bool:
        """Continue with the answers on `inputs`; True if the cause is found, and the outcome has it."""
        quantities: Quantities = {}
        for name, answer in answers.items():
            quantities |= quantities_or_refusal(name, answer, self.inputs, self._convention)[0]
        try:
            self.inputs = self._search.send(quantities)
        except StopIteration as end:
            cause: Cause = end.value
            if self._is_forward and cause.verdict == "wrong":
                cause = WRONG_FORWARD_VALUES
            self.outcome = with_cause(self.outcome, cause.verdict, cause.reason)
            if cause.verdict == "failed":
                function = "step" if all(name == "update" for name, _ in self.outcome.out_of_bounds) else "backprop"
                refusal = Refusal("failed", cause.reason, "two calls")
                self.outcome = replace(self.outcome, refusals={**self.outcome.refusals, function: refusal})
            return True
        return False
