"""Propose the rules that give δ^l with a number that the data show: it is a base and c times a term."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import Measured
from harness.mistakes.rules import Rules
from harness.mistakes.search.choices import measured_values, now, numbered_rule
from harness.mistakes.search.deltas import backs_of, slope_slot
from harness.mistakes.search.evaluate import Evaluation
from harness.mistakes.search.fit import number_of
from harness.mistakes.search.gradients import data_targets, gradient
from harness.model.contract import Array

MOST_BESIDE = 1  # the cost of what is sent back, beside a slope with a number


def measured_rules(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l, one of which has a number; by the gradients if δ^l was not returned."""
    targets = found.targets if "delta" in found.names else data_targets(book, found)
    for rules, slot, one, back, base, term in _measured_deltas(book, found.layer):
        numbers = set()
        for name in found.names:
            first, last = (_made_of(book, found.layer, name, delta, back) for delta in (base, base + term))
            numbers.add(number_of(first, last - first, targets[name], found.allowed[name]))
        c = numbers.pop()
        if c is not None and not numbers:
            yield (*rules, numbered_rule(slot, one, c))


def _measured_deltas(book: AlteredTextbook, l: int) -> Iterator[tuple[Rules, str, Measured, Array, Array, Array]]:
    """The rules beside, the slot and the alternative with a number, what is sent back, and δ^l as a base and a term."""
    factor, shape = now(book, "delta factor", l), (book.rows, len(book.layer(l).b))
    if l == book.last:
        for one, base, term in measured_values(book, "error", l, l):
            back = book.scaled(base)
            yield (), "error", one, back, back * book.slope(l) * factor, book.scaled(term) * book.slope(l) * factor
    slot = slope_slot(book, l)
    for back in backs_of(book, l) if slot == "slope" else ():
        if back.cost <= MOST_BESIDE and back.value.shape == shape:
            for one, base, term in measured_values(book, slot, l, l):
                yield back.rules, slot, one, back.value, back.value * base * factor, back.value * term * factor


def _made_of(book: AlteredTextbook, l: int, name: str, delta: Array, back: Array) -> Array:
    """δ^l itself, or the gradient that is made of it."""
    if name == "delta":
        return delta
    kept = book.delta[l], book.back[l]
    book.delta[l], book.back[l] = delta, back
    made = gradient(book, name, l)
    book.delta[l], book.back[l] = kept
    return made
