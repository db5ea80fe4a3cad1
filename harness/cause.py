"""The cause of a departure: of the arithmetic or of the formula, found by asking the implementation again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.answers import Answer, Refusal
from harness.contract import Inputs
from harness.conventions import Convention
from harness.evidence import weigh
from harness.judging import Outcome, with_cause
from harness.quantities import Quantities, settled


class Cause:
    """The search for the cause of what departs in an outcome: `inputs` are those about which the implementation is to
    be asked next, and which of its `functions`."""

    def __init__(self, outcome: Outcome, convention: Convention) -> None:
        self.outcome, self._convention = outcome, convention
        trial = outcome.trial
        self.functions = tuple(name for name in trial.answers if name not in outcome.refusals)
        self._weighing = weigh(trial.inputs, trial.case.learning_rate, trial.case.dtype, convention)
        self.inputs: Inputs = next(self._weighing)

    def take(self, answers: Mapping[str, Answer]) -> bool:
        """Take what was answered; whether the cause is known, and the outcome has it."""
        quantities: Quantities = {}
        for name, answer in answers.items():
            given, _ = settled(name, answer, self.inputs, self._convention)
            quantities |= {key: value for key, value in given.items() if key in self.outcome.trial.standards}
        try:
            self.inputs = self._weighing.send(quantities)
        except StopIteration as known:
            evidence = known.value
            self.outcome = with_cause(self.outcome, evidence.verdict, evidence.reason)
            if evidence.verdict == "failed":
                function = "step" if all(name == "update" for name, _ in self.outcome.departures) else "backprop"
                refusal = Refusal("failed", evidence.reason, "two calls")
                self.outcome = replace(self.outcome, refusals={**self.outcome.refusals, function: refusal})
            return True
        return False
