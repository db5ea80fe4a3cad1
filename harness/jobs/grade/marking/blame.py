"""Where the formula that explains a submission's numbers is wrong, and which quantities its numbers depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.jobs.check.run import CheckResult
from harness.jobs.check.text.formulas import formulas_in
from harness.judging.conventions import Convention
from harness.judging.judge import Outcome
from harness.mistakes.diagnose import Diagnosis
from harness.mistakes.formulation import formulation
from harness.mistakes.grammar import MISFITS
from harness.mistakes.reproduce import call_quantities
from harness.mistakes.rules import Rule
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.sandbox.answers import Arrays

Spot = tuple[str, str]  # a quantity of QUANTITY_NAMES, and "output" or "hidden"
_OF_EQUATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("data", "z", "a"), ("forward",)),
    **dict.fromkeys(("BP1", "BP2"), ("delta",)),
    "BP3": ("b",),
    "BP4": ("w",),
    "rule": ("update",),
    "calls": ("w", "b", "update"),
}
_PARTS = {"BP3": "biases", "BP4": "weights"}  # that the scope of a rule may be for
SPOILT = 1.125  # a factor that no formula has


@dataclass(frozen=True, eq=False)
class Blame:
    """An explanation of a check: the equations in which it is wrong, each as its tag and a rule in it.

    A step that is wrong alone is blamed on the update: its gradients are right, whichever equation would make it.
    """

    diagnosis: Diagnosis
    convention: Convention
    changed: frozenset[tuple[str, Rule]]
    _depends: dict[Spot, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, diagnosis: Diagnosis, check: CheckResult) -> Blame:
        """The blame by a diagnosis of a check."""
        formulas = formulas_in(diagnosis, check)
        wrong = {*diagnosis.mistaken}
        changed = {(one.equation, rule) for one in formulas for rule in one.rules if rule in wrong}
        return cls(diagnosis, check.found, frozenset(changed))

    def spots(self, outcome: Outcome) -> Iterator[Spot]:
        """The quantities and layers of a case at which it is wrong."""
        network = outcome.trial.inputs.network
        book, last = Textbook(outcome.trial.inputs), len(network.layers)
        if self.diagnosis.function == "step":
            yield from (("update", where_of(l, last)) for l in range(1, last + 1))
            return
        for tag, rule in self.changed:
            for l in range(1, last + 1):
                fits = (tag != "BP1" or l == last) and (tag != "BP2" or l < last)
                if fits and rule.scope.covers(book, l, _PARTS.get(tag, "")):
                    yield from ((quantity, where_of(l, last)) for quantity in _OF_EQUATIONS[tag])

    def depends_on(self, spot: Spot, outcome: Outcome) -> bool:
        """Whether numbers that are shown depend on a quantity that is not: else they say nothing of it.

        That follows from the formula; it is tried in the first case that is asked for.
        """
        if spot not in self._depends:
            right = self._numbers(outcome, ("", ""))
            spoilt = self._numbers(outcome, spot)
            self._depends[spot] = any(
                not np.array_equal(right[key], spoilt[key], equal_nan=True)
                for key in outcome.quantities
                if key in right and key in spoilt
            )
        return self._depends[spot]

    def _numbers(self, outcome: Outcome, spot: Spot) -> Arrays:
        """What the formula gives if a quantity of it is spoilt; empty if it does not fit the network."""
        kind = _spoilt(spot, self.diagnosis)
        inputs, found = self.convention.inputs(outcome.trial.inputs), dict[tuple[str, int], Numbers]()
        rate = self.convention.rate(outcome.trial.case.learning_rate)
        with np.errstate(all="ignore"):
            try:
                for function in ("backprop", "step"):
                    found |= call_quantities(kind, function, inputs, rate, self.convention.scale(inputs))[0]
            except MISFITS:
                return {}
        return found


def where_of(l: int, last: int) -> str:
    """Where layer l of `last` layers is."""
    return "output" if l == last else "hidden"


def _spoilt(spot: Spot, diagnosis: Diagnosis) -> type[Textbook]:
    """The formulation of a diagnosis, with one quantity multiplied by a factor."""
    kind = formulation(diagnosis.rules)

    def factor(quantity: str, where: str) -> float:
        return SPOILT if (quantity, where) == spot or (quantity == spot[0] == "forward") else 1.0

    class Spoilt(kind):  # type: ignore[misc, valid-type] # a class that is made for the rules
        def output(self, l: int) -> Numbers:
            return super().output(l) * factor("forward", "")

        def scaled(self, value: Numbers) -> Numbers:
            return super().scaled(value) * factor("delta", "output")

        def hidden_delta(self, l: int) -> Numbers:
            return super().hidden_delta(l) * factor("delta", "hidden")

        def weight_gradient(self, l: int) -> Numbers:
            return super().weight_gradient(l) * factor("w", where_of(l, self.last))

        def bias_gradient(self, l: int) -> Numbers:
            return super().bias_gradient(l) * factor("b", where_of(l, self.last))

    return Spoilt
