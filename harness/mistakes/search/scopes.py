"""The scopes that tell the layers of some subjects apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from harness.mistakes.grammar import SLOTS
from harness.mistakes.grammar.forward import FORWARD
from harness.mistakes.rules import ACTIVATION_SCOPES, EVERYWHERE, POSITIONS, Rule, Scope, restrictions_in
from harness.mistakes.search.evaluate import Evaluation
from harness.mistakes.subject import Subject
from harness.model.textbook import Textbook

MAX_RESTRICTIONS = 2
WHOLE = ("order", "inputs", "second call")  # slots of the computation as a whole


class Instances:
    """All layers of some subjects. Of the scopes that cover the same layers the simplest one is kept."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        books: dict[tuple[object, ...], Textbook] = {}
        for subject in subjects:
            network = subject.inputs.network
            key = (network.cost.name, *((layer.activation.name, *layer.w.shape) for layer in network.layers))
            books.setdefault(key, Textbook(subject.inputs))
        self._layers = [(book, l) for book in books.values() for l in range(1, book.last + 1)]
        costs = sorted({book.network.cost.name for book in books.values()})
        used = {book.layer(l).activation.name for book, l in self._layers}
        activations = ["", *(name for name in ACTIVATION_SCOPES if name in used or " " in name)]
        scopes = [
            Scope(position, activation, cost)
            for position, activation, cost in product(POSITIONS, activations, ["", *costs])
        ]
        self._scopes = sorted(
            (one for one in scopes if one.restrictions <= MAX_RESTRICTIONS), key=lambda one: one.restrictions
        )
        self._kept: dict[str, list[Scope]] = {}

    def coverage(self, rule: Rule) -> tuple[bool, ...]:
        """Which of the layers where its slot occurs a rule covers, and the part of their gradients."""
        scope = replace(rule.scope, part="")
        layers = self._layers_with(rule.slot)
        part = tuple(rule.scope.part in ("", one) for one in ("weights", "biases"))
        return (*part, *(scope.covers(book, l) for book, l in layers))

    def is_output(self, rule: Rule) -> bool:
        """Whether a rule covers the output layers, and no other layer."""
        return all(rule.scope.covers(book, l) == (l == book.last) for book, l in self._layers_with(rule.slot))

    def _layers_with(self, slot: str) -> list[tuple[Textbook, int]]:
        return [(book, l) for book, l in self._layers if occurs(slot, book, l)]

    def scopes_of(self, slot: str) -> list[Scope]:
        """The scopes of a slot: of those that cover the same layers the simplest."""
        if slot not in self._kept:
            layers = self._layers_with(slot)
            covered: dict[tuple[bool, ...], Scope] = {}
            for scope in sorted(self._scopes, key=lambda scope: restrictions_in(slot, scope)):
                mask = tuple(scope.covers(book, l) for book, l in layers)
                if any(mask):
                    covered.setdefault(mask, scope)
            self._kept[slot] = [*covered.values()]
        return self._kept[slot]

    def scoped(self, rules: tuple[Rule, ...], found: Evaluation) -> Iterator[tuple[Rule, ...]]:
        """The rules in all scopes that cover the layer where a difference was found.

        What gives the deltas and what gives the gradients may be in different layers: if there are rules for both, the
        latter are in all layers, or in the same.
        """
        is_later = not found.names & {"z", "a"}
        fixed = [rule for rule in rules if rule.slot in WHOLE or (rule.slot in FORWARD and is_later)]
        rest = [rule for rule in rules if rule not in fixed]
        if not rest:
            yield rules
            return
        of_gradients = [rule for rule in rest if SLOTS[rule.slot].equations in ("BP3", "BP4", "BP3, BP4")]
        of_deltas = [rule for rule in rest if rule not in of_gradients]
        leading = of_deltas or of_gradients
        widest = max((rule.slot for rule in leading), key=lambda slot: len(self._layers_with(slot)))
        most = MAX_RESTRICTIONS if len(rest) == 1 else 1  # several rules are told apart well enough
        for scope in self.scopes_of(widest):
            if scope.restrictions <= most and scope.covers(found.book, found.layer):
                others = [scope, EVERYWHERE] if of_deltas and of_gradients and scope.restrictions else [scope]
                for other in others:
                    yield (
                        *fixed,
                        *(_within(rule, scope) for rule in leading),
                        *(_within(rule, other) for rule in rest if rule not in leading),
                    )


def _within(rule: Rule, scope: Scope) -> Rule:
    return replace(rule, scope=replace(scope, part=rule.scope.part))


def occurs(slot: str, book: Textbook, l: int) -> bool:
    """Whether a slot occurs in the equations of layer l."""
    equations = SLOTS[slot].equations
    if equations == "data":
        return l == 1
    if equations in ("BP1", "BP2") and (l == book.last) != (equations == "BP1"):
        return False
    if slot in ("slope", "extra slope"):
        return (l == book.last and book.network.is_canonical) == (slot == "extra slope")
    return True
