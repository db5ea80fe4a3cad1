"""Where rules change an equation in numbers: text alone would show a factor l in layer 1, where it is 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from harness.judging.conventions import Convention
from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS, Alternative
from harness.mistakes.rules import Rule
from harness.model.contract import Inputs, Layer, Network, Numbers
from harness.model.textbook import Textbook

_WIDTH = 3  # square matrices, in which every product has the right shape
EXAMPLE_ROWS = (3, 4)  # of two examples: some products need as many rows as units, and some factors are then 1
_RATE = 0.1


class _InPlace(AlteredTextbook):
    """The textbook with rules in the layers where they are in another network, whose sizes are others."""

    place: ClassVar[Textbook]

    def chosen(self, slot: str, l: int, part: str = "") -> Alternative | None:
        """What stands in the slot of layer l; None if it is what is right."""
        covering = (rule for rule in self.rules if rule.slot == slot and rule.scope.covers(self.place, l, part))
        return next((rule.alternative for rule in covering), None)


@dataclass(frozen=True, eq=False)
class SmallExample:
    """A small network with the activations and the cost of another one, and data, computed with the rules."""

    network: Network
    rules: Sequence[Rule]
    convention: Convention
    rows: int

    @cached_property
    def _inputs(self) -> Inputs:
        source = np.random.default_rng(1)
        layers = tuple(
            Layer(source.normal(size=(_WIDTH, _WIDTH)), source.normal(size=_WIDTH), layer.activation)
            for layer in self.network.layers
        )
        x, t = source.normal(size=(self.rows, _WIDTH)), source.uniform(0.05, 0.95, size=(self.rows, _WIDTH))
        if self.network.layers[-1].activation.name == "softmax":
            t = t / t.sum(axis=1, keepdims=True)
        return self.convention.inputs(Inputs(Network(layers, self.network.cost), x, t))

    @cached_property
    def _book(self) -> AlteredTextbook | None:
        """All quantities; None if the rules do not fit the network."""
        try:
            with np.errstate(all="ignore"):
                book = self._formulation(self.rules)
                book.gradients()
        except MISFITS:
            return None
        return book

    def _formulation(self, rules: Iterable[Rule]) -> AlteredTextbook:
        place = Textbook(Inputs(self.network, self._inputs.x, self._inputs.t))
        kind: type[_InPlace] = type("InPlace", (_InPlace,), {"rules": tuple(rules), "place": place})
        return kind(self._inputs, _RATE, self.convention.scale(self._inputs))

    def differs(self, quantity: str, l: int, used: Iterable[Rule]) -> bool:
        """Whether a quantity of layer l has other numbers with the rules `used` than without, given those before it."""
        if self._book is None:
            return False
        used = frozenset(used)
        if quantity in ("x", "second call", "inputs") or any(rule.alternative.shows_as_nan for rule in used):
            return True
        both = []
        for rules in (used, ()):
            with np.errstate(all="ignore"):
                book = self._formulation((*rules, *(rule for rule in self.rules if rule not in used)))
                for name in ("z", "a", "delta", "back"):
                    setattr(book, name, {**getattr(self._book, name)})
                both.append(_value(book, quantity, l))
        with_rules, without = both
        return not np.allclose(with_rules, without, rtol=1e-9, atol=0, equal_nan=True)


def _value(book: AlteredTextbook, quantity: str, l: int) -> Numbers:
    if quantity == "z":
        return book.weighted_input(l)
    if quantity == "a":
        return book.output(l)
    if quantity == "delta":
        return book.output_delta() if l == book.last else book.hidden_delta(l)
    if quantity == "b":
        return book.bias_gradient(l) + book.bias_penalty(l)
    if quantity == "w":
        return book.weight_gradient(l) + book.weight_penalty(l)
    layer = book.step().layers[l - 1]
    return layer.w if quantity == "new w" else layer.b
