"""The cause of a departure: of the arithmetic or of the formula, found by asking the implementation again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.judging.conventions import Convention, Quantities, quantities_or_refusal
from harness.judging.evidence import Cause, find_cause
from harness.judging.judge import Outcome, with_cause
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Refusal

WRONG_FORWARD_VALUES = Cause("wrong", "the gradients are right, and what it shows as z and a is not")


class CauseSearch:
    """The search for the cause of what departs in an outcome: `inputs` are those about which the implementation is to
    be asked next, and which of its `functions`."""

    def __init__(self, outcome: Outcome, convention: Convention) -> None:
        self.outcome, self._convention = outcome, convention
        trial = outcome.trial
        self._is_forward = all(name in ("z", "a") for name, _ in outcome.out_of_bounds)
        self.functions = tuple(name for name in trial.answers if name not in outcome.refusals)
        case, inputs = trial.case, trial.inputs
        known = trial.truth.forward if self._is_forward else convention.standards(trial.standards, inputs)
        rate, dtype = case.learning_rate, case.dtype
        self._weighing = find_cause(inputs, rate, dtype, convention, known, forward=self._is_forward)
        self.inputs: Inputs = next(self._weighing)

    def take(self, answers: Mapping[str, Answer]) -> bool:
        """Take what was answered; whether the cause is known, and the outcome has it."""
        quantities: Quantities = {}
        for name, answer in answers.items():
            quantities |= quantities_or_refusal(name, answer, self.inputs, self._convention)[0]
        try:
            self.inputs = self._weighing.send(quantities)
        except StopIteration as known:
            evidence: Cause = known.value
            if self._is_forward and evidence.verdict == "wrong":
                evidence = WRONG_FORWARD_VALUES
            self.outcome = with_cause(self.outcome, evidence.verdict, evidence.reason)
            if evidence.verdict == "failed":
                function = "step" if all(name == "update" for name, _ in self.outcome.out_of_bounds) else "backprop"
                refusal = Refusal("failed", evidence.reason, "two calls")
                self.outcome = replace(self.outcome, refusals={**self.outcome.refusals, function: refusal})
            return True
        return False
