"""The textbook with other alternatives in some slots of its equations."""

from __future__ import annotations

from typing import ClassVar

from harness.mistakes.grammar import Alternative
from harness.mistakes.grammar.forward import FORWARD
from harness.mistakes.rules import Rule
from harness.model.contract import Inputs, Network, Numbers
from harness.model.costs import UNSCALED, CostScale
from harness.model.textbook import Textbook


class AlteredTextbook(Textbook):
    """The textbook where `rules` say what stands in a slot in place of what is right there.

    `back` has e^l, what reaches layer l before the slope: the error of the output, and (δ^{l+1} W^{l+1}) below it.
    `same` are alternatives that were tried in one layer and that change nothing there: slot, symbol and part.
    If the precision is what differs, `dtype` is that of the returned numbers and `computes_in` that of the arithmetic.
    The methods raise ValueError, IndexError or KeyError where an alternative has no value.
    """

    rules: ClassVar[tuple[Rule, ...]] = ()
    dtype: ClassVar[str | None] = None
    computes_in: ClassVar[str | None] = None

    def __init__(self, inputs: Inputs, learning_rate: float | None = None, scale: CostScale = UNSCALED) -> None:
        super().__init__(inputs, learning_rate, scale)
        self.back: dict[int, Numbers] = {}
        self.same: set[tuple[str, str, str]] = set()
        self.a[0] = self._value("data", 1, inputs.x)

    @classmethod
    def shows_as_nan(cls) -> bool:
        """Whether it shows only as NaN, in the same places."""
        return any(rule.alternative.shows_as_nan for rule in cls.rules)

    def chosen(self, slot: str, l: int, part: str = "") -> Alternative | None:
        """What stands in the slot of layer l; None if it is what is right."""
        for rule in self.rules:
            if rule.slot == slot and rule.scope.covers(self, l, part):
                return rule.alternative
        return None

    def _value(self, slot: str, l: int, right: Numbers, part: str = "") -> Numbers:
        one = self.chosen(slot, l, part)
        return right if one is None else one.value(self, l)

    def _times(self, slot: str, l: int, value: Numbers, part: str = "") -> Numbers:
        factor = self.chosen(slot, l, part)
        return value if factor is None else value * factor.value(self, l)

    def take_forward(self, other: Textbook) -> None:
        """Take z and a from another formulation on the same inputs, if this one computes them in the same way."""
        if not any(rule.slot in FORWARD for rule in self.rules):
            self.z, self.a = {**other.z}, {**other.a}

    def weighted_input(self, l: int) -> Numbers:
        """z^l."""
        layer = self.layer(l)
        w, b = self._value("weights", l, layer.w), self._value("bias", l, layer.b)
        sums = self._value("layer input", l, self.a[l - 1]) @ w.T
        one = self.chosen("bias operator", l)
        return sums + b if one is None else one.value(self, l, sums, b)

    def output(self, l: int) -> Numbers:
        """a^l."""
        one = self.chosen("activation", l)
        return super().output(l) if one is None else one.value(self, l)

    def slope(self, l: int) -> Numbers:
        """What stands for f'(z^l), which is 1 at an output where f' cancels."""
        if l == self.last and self.network.is_canonical:
            return self._value("extra slope", l, 1)
        one = self.chosen("slope", l)
        return super().slope(l) if one is None else one.value(self, l)

    def output_delta(self) -> Numbers:
        """BP1, without the factor and divisor of the cost."""
        error = self._value("error", self.last, None)
        error = self.output_error() if error is None else error
        self.back[self.last] = self.scaled(error)
        return self._delta(self.last, error)

    def sent_back(self, l: int) -> Numbers:
        """e^l."""
        matrix = self._value("matrix", l, self.layer(l + 1).w)
        back = self._value("source", l, self.delta[l + 1]) @ matrix
        self.back[l] = self._limited("limit of e", l, back)
        return self.back[l]

    def hidden_delta(self, l: int) -> Numbers:
        """BP2."""
        return self._delta(l, self.sent_back(l))

    def _delta(self, l: int, back: Numbers) -> Numbers:
        return self._limited("delta limit", l, self._times("delta factor", l, self._with_slope(back, l)))

    def _limited(self, slot: str, l: int, value: Numbers, part: str = "") -> Numbers:
        one = self.chosen(slot, l, part)
        return value if one is None else one.value(self, l, value)

    def _with_slope(self, back: Numbers, l: int) -> Numbers:
        is_cancelled = l == self.last and self.network.is_canonical
        one = None if is_cancelled else self.chosen("operator", l)
        return back * self.slope(l) if one is None else one.value(self, l, back, self.slope(l))

    def bias_gradient(self, l: int) -> Numbers:
        """BP3."""
        delta = self._delta_used(l, "biases")
        one = self.chosen("bias sum", l)
        gradient = delta.sum(axis=0) if one is None else one.value(self, l, delta)
        return self._limited("gradient limit", l, self._times("gradient factor", l, gradient, "biases"), "biases")

    def weight_gradient(self, l: int) -> Numbers:
        """BP4."""
        rows = self.chosen("rows", l, "weights")
        inputs = self._value("input used", l, self.a[l - 1])
        inputs = inputs if rows is None else inputs[rows.value(self, l)]
        gradient = self._delta_used(l, "weights").T @ inputs
        one = self.chosen("arrangement", l)
        gradient = gradient if one is None else one.value(self, l, gradient)
        return self._limited("gradient limit", l, self._times("gradient factor", l, gradient, "weights"), "weights")

    def _delta_used(self, l: int, part: str) -> Numbers:
        delta, rows = self._value("delta used", l, self.delta[l], part), self.chosen("rows", l, part)
        return delta if rows is None else delta[rows.value(self, l)]

    def weight_penalty(self, l: int) -> Numbers:
        """What the penalty adds to ∂C/∂W^l."""
        right, one = super().weight_penalty(l), self.chosen("penalty", l, "weights")
        return right if one is None else one.value(self, self.layer(l).w, right)

    def bias_penalty(self, l: int) -> Numbers:
        """What the penalty adds to ∂C/∂b^l."""
        right, one = super().bias_penalty(l), self.chosen("penalty", l, "biases")
        return right if one is None else one.value(self, self.layer(l).b, right)

    @property
    def differs_on_second_call(self) -> bool:
        """Whether a second call returns other gradients."""
        return self.chosen("second call", self.last) is not None

    def second_call(self, gradient: Numbers) -> Numbers:
        """What a second call returns."""
        one = self.chosen("second call", self.last)
        return gradient if one is None else one.value(self, self.last, gradient)

    def changes_inputs(self) -> bool:
        """Whether it changes the arrays of the caller."""
        return self.chosen("inputs", self.last) is not None

    def step(self, call: int = 1) -> Network:
        """The rule."""
        if self.chosen("order", self.last) is None or self.rows == 1:
            return self._step(call)
        network = self.network
        for row in range(self.rows):
            inputs = Inputs(network, self.inputs.x[row : row + 1], self.t[row : row + 1])
            network = type(self)(inputs, self.learning_rate, self.scale).step(call)
        return network

    def _step(self, call: int) -> Network:
        gradient, eta = self.gradients(call), self.learning_rate
        parts: dict[str, list[Numbers]] = {"w": [], "b": []}
        for l, (layer, w, b) in enumerate(zip(self.network.layers, gradient.w, gradient.b, strict=True), start=1):
            for name, p, g, part in (("w", layer.w, w, "weights"), ("b", layer.b, b, "biases")):
                one = self.chosen("step", l, part)
                right = p - self._times("step factor", l, g, part) * eta
                parts[name].append(right if one is None else one.value(self, p, g))
        return self.network.with_parameters(**parts)


def formulation(rules: tuple[Rule, ...]) -> type[AlteredTextbook]:
    """The class of the textbook with these rules."""
    return type("AlteredTextbook", (AlteredTextbook,), {"rules": rules})
