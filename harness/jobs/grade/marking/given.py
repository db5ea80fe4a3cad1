"""Which numbers of a submission are right given those that it computed before them.

A wrong δ makes every gradient wrong that is computed from it, and yet ∂C/∂W = δᵀ a may be right. So the equations of
the textbook are evaluated one after the other, each from what the submission computed before, where it shows that.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.judging.conventions import Convention
from harness.judging.judge import Outcome
from harness.mistakes.grammar import MISFITS
from harness.mistakes.reproduce import are_of_formula, as_read
from harness.model.contract import Array, Inputs, Numbers
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.float_format import float_format
from harness.truth.bounds.rounded_array import RoundedArray, append_bias_column, rounded_inputs


class _Given(Textbook):
    """The textbook that goes on, after each quantity, with the `known` numbers of it.

    `right` has each quantity as it should be, given those before it.
    """

    def __init__(
        self, inputs: Inputs, known: Mapping[ArrayKey, RoundedArray], learning_rate: float, scale: CostScale
    ) -> None:
        super().__init__(inputs, learning_rate, scale)
        self._known, self.right = known, dict[ArrayKey, Numbers]()

    def _taken(self, name: str, l: int, value: Numbers) -> Numbers:
        self.right[name, l] = value
        return self._known.get((name, l), value)

    def weighted_input(self, l: int) -> Numbers:
        return self._taken("z", l, super().weighted_input(l))

    def output(self, l: int) -> Numbers:
        return self._taken("a", l, super().output(l))

    def scaled(self, value: Numbers) -> Numbers:  # δ^L, by the scale of the cost
        return self._taken("delta", self.last, super().scaled(value))

    def hidden_delta(self, l: int) -> Numbers:
        return self._taken("delta", l, super().hidden_delta(l))

    def bias_gradient(self, l: int) -> Numbers:
        if not self.scale.penalty:
            return self._taken("b", l, super().bias_gradient(l))
        penalty = self.bias_penalty(l)
        return self._taken("b", l, super().bias_gradient(l) + penalty) - penalty

    def weight_gradient(self, l: int) -> Numbers:
        if not self.scale.penalty:
            return self._taken("w", l, super().weight_gradient(l))
        penalty = self.weight_penalty(l)  # which is part of what is returned, and is added after this
        return self._taken("w", l, super().weight_gradient(l) + penalty) - penalty


def right_given(outcome: Outcome, convention: Convention, dtype: str) -> frozenset[ArrayKey]:
    """The (quantity, layer) of an outcome that are right given what the submission computed before, in a dtype."""
    scale = convention.scale(outcome.trial.inputs)
    # δ may be that of the sum although the gradients are a mean; then that which makes more of them right.
    factors = (1.0, 1 / scale.divisor) if scale.divisor != 1 else (1.0,)
    found = [_right_with(outcome, convention, scale, factor, dtype) for factor in factors]
    return max(found, key=len)


def _right_with(
    outcome: Outcome, convention: Convention, scale: CostScale, factor: float, dtype: str
) -> frozenset[ArrayKey]:
    """Those that are right if the submission's δ are to be multiplied by a factor."""
    trial = outcome.trial
    inputs = rounded_inputs(convention.inputs(trial.inputs), dtype)
    mine = {key: one * factor if key[0] == "delta" else one for key, one in outcome.quantities.items()}
    mine |= {key: one for key, one in _deltas_of_one_row(mine, trial.inputs, scale).items() if key not in mine}
    fmt = float_format(dtype)
    known = {key: RoundedArray(one, np.zeros_like(one), fmt) for key, one in mine.items() if key[0] != "update"}
    book = _Given(inputs, known, convention.rate(trial.case.learning_rate), scale)
    with np.errstate(all="ignore"):
        try:
            new = book.step()
        except MISFITS:
            return frozenset()
        for l, (old, moved) in enumerate(zip(inputs.network.layers, new.layers, strict=True), start=1):
            book.right["update", l] = append_bias_column(old.w - moved.w, old.b - moved.b)
        shown = outcome.quantities.keys() & book.right.keys()
        right = as_read(book.right, trial.inputs, convention.learning_rate)
        is_right = {key: np.isfinite(mine[key]).all() and are_of_formula(mine[key], right[key]) for key in shown}
    return frozenset(key for key in shown if is_right[key])


def _deltas_of_one_row(mine: Mapping[ArrayKey, Array], inputs: Inputs, scale: CostScale) -> dict[ArrayKey, Array]:
    """δ that is not shown, where there is a single row: it is ∂C/∂b."""
    if len(inputs.x) > 1 or not scale.has_biases:
        return {}
    return {("delta", l): one[None, :] for (name, l), one in mine.items() if name == "b"} if not scale.penalty else {}
