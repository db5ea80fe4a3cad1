"""A rule: in some layers, one slot of the equations has another alternative than the right one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.mistakes.grammar import SLOTS, Alternative
from harness.model.textbook import Textbook

_POSITIONS: dict[str, Callable[[Textbook, int], bool]] = {
    "": lambda book, l: True,
    "hidden layers": lambda book, l: l < book.last,
    "the output layer": lambda book, l: l == book.last,
    "outputs whose f' cancels": lambda book, l: l == book.last and book.network.is_canonical,
    "outputs whose f' does not cancel": lambda book, l: l == book.last and not book.network.is_canonical,
    "the first layer": lambda book, l: l == 1,
    "the last hidden layer": lambda book, l: l == book.last - 1,
    "all layers but the first": lambda book, l: l > 1,
    "the hidden layers but the first": lambda book, l: 1 < l < book.last,
    "the hidden layers but the last": lambda book, l: l < book.last - 1,
    "the second layer": lambda book, l: l == 2,
    "layers of one unit": lambda book, l: len(book.layer(l).b) == 1,
    "layers with one input": lambda book, l: book.layer(l).w.shape[1] == 1,
    "layers of odd number": lambda book, l: l % 2 == 1,
    "layers of even number": lambda book, l: l % 2 == 0,
}
POSITIONS = tuple(_POSITIONS)
NOT_LINEAR = "not identity"
NOT_SOFTMAX = "not softmax"
_EXCEPTED = {NOT_LINEAR: "identity", NOT_SOFTMAX: "softmax"}
_NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity", "softmax")
ACTIVATION_SCOPES = (NOT_LINEAR, NOT_SOFTMAX, *_NAMES)


@dataclass(frozen=True)
class Scope:
    """The layers that a rule is for: by position, by activation, and in networks with one cost; empty for any.

    `part` is "weights" or "biases" if the rule is for one of the two gradients alone.
    """

    position: str = ""
    activation: str = ""
    cost: str = ""
    part: str = ""

    @property
    def restrictions(self) -> int:
        """How many restrictions it has; one to a part is none, because the equations are apart too."""
        return bool(self.position) + bool(self.activation) + bool(self.cost)

    def covers(self, book: Textbook, l: int, part: str = "") -> bool:
        """Whether it covers the layer, and the part of its gradient."""
        if self.part and part != self.part:
            return False
        if self.cost and book.network.cost.name != self.cost:
            return False
        name = book.layer(l).activation.name
        if self.activation in _EXCEPTED:
            return name != _EXCEPTED[self.activation] and _POSITIONS[self.position](book, l)
        return self.activation in ("", name) and _POSITIONS[self.position](book, l)

    def in_words(self) -> str:
        """Such as "hidden layers with relu"; empty if it covers all."""
        words = self.position
        if self.activation:
            kinds = {NOT_LINEAR: "a nonlinear activation", NOT_SOFTMAX: "an elementwise activation"}
            name = kinds.get(self.activation, self.activation)
            words = f"{words or 'layers'} with {name}"
        if self.cost:
            words = f"{words + ' ' if words else ''}in networks with {self.cost.replace('_', ' ')}"
        return words


EVERYWHERE = Scope()
HIDDEN_LAYERS = Scope("hidden layers")
OUTPUT_LAYER = Scope("the output layer")
SOFTMAX = Scope(activation="softmax")
BIASES = Scope(part="biases")


def restrictions_in(slot: str, scope: Scope) -> int:
    """How many restrictions a scope has for a slot.

    What is natural is none: the output layer for a factor of δ, which may be one of the cost, and layers that have a
    slope for what stands in its place.
    """
    is_of_cost = slot == "delta factor" and scope == OUTPUT_LAYER
    is_of_slopes = slot == "slope" and scope.activation == NOT_LINEAR
    return scope.restrictions - (is_of_cost or is_of_slopes)


@dataclass(frozen=True)
class Rule:
    """In the layers of `scope`, the slot has the alternative with this symbol.

    `constant` is given for a factor that no table has: a number that the data show.
    """

    slot: str
    symbol: str
    scope: Scope = EVERYWHERE
    constant: Alternative | None = field(default=None, compare=False)  # the symbol tells it

    @property
    def alternative(self) -> Alternative:
        """What stands in the slot."""
        return self.constant or SLOTS[self.slot].by_symbol[self.symbol]

    @property
    def cost(self) -> int:
        """How complicated it is."""
        return self.alternative.cost + restrictions_in(self.slot, self.scope)


Rules = tuple[Rule, ...]


def complexity(rules: Sequence[Rule]) -> int:
    """How complicated some rules are together."""
    return sum(rule.cost for rule in rules)
