"""What may stand in the slots of one layer, with the values there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS, SLOTS, Measured
from harness.mistakes.grammar.limits import limited_to
from harness.mistakes.rules import Rule, Rules, Scope
from harness.mistakes.search.fit import factor_rules, is_one
from harness.model.contract import Array

SAME = 1e-12  # relative to the largest; this only saves looking at two ways to write one thing


@dataclass(frozen=True, eq=False)
class Choice:
    """What may stand somewhere: the rules that say so, none for what stands there now, their cost, and the value."""

    rules: Rules
    cost: int
    value: Any


def choices(book: AlteredTextbook, slot: str, l: int, right: Callable[[], Any], part: str = "") -> list[Choice]:
    """What stands in a slot now, and if no rule says so, each alternative with another value.

    Those of the same value are noted in `book.same`.
    """
    current = book.chosen(slot, l, part)
    if current is not None:
        return [Choice((), 0, current.value(book, l))]
    found = [Choice((), 0, right())]
    for one in SLOTS[slot].alternatives:
        try:
            value = one.value(book, l)
        except MISFITS:
            continue
        if _is_same(value, found[0].value, book.rows):
            book.same.add((slot, one.symbol, part))
        else:
            found.append(Choice((Rule(slot, one.symbol, Scope(part=part)),), one.cost, value))
    return found


def _is_same(one: Any, other: Any, rows: int) -> bool:
    """Whether an alternative is what is right, in this layer, but for rounding; a slice is one of so many rows."""
    if isinstance(one, slice):
        return isinstance(other, slice) and range(rows)[one] == range(rows)[other]
    if np.shape(one) != np.shape(other):
        return False
    return bool((np.abs(np.subtract(one, other)) <= SAME * np.abs(other).max(initial=0.0)).all())


def factor_choices(book: AlteredTextbook, slot: str, c: float, l: int, part: str = "") -> list[Rules]:
    """The rules for a further factor c; there are none if the slot is taken and c is not 1."""
    if not is_one(c) and book.chosen(slot, l, part) is not None:
        return []
    return [
        tuple(Rule(one.slot, one.symbol, Scope(part=part), one.constant) for one in rules)
        for rules in factor_rules(slot, c, book, l)
    ]


def measured_values(
    book: AlteredTextbook, slot: str, l: int, *given: Any, part: str = ""
) -> Iterator[tuple[Measured, Any, Any]]:
    """The alternatives of a slot that have a number, each with its base and its term; none if the slot is taken.

    `given` is what their functions take beside the book.
    """
    for one in SLOTS[slot].measured if book.chosen(slot, l, part) is None else ():
        with suppress(*MISFITS):
            yield one, one.base(book, *given), one.term(book, *given)


def numbered_rule(slot: str, one: Measured, c: float, part: str = "") -> Rule:
    """The rule for an alternative with this number."""
    alternative = one.with_number(c)
    return Rule(slot, alternative.symbol, Scope(part=part), constant=alternative)


def limit_rule(slot: str, c: float, part: str = "") -> Rule:
    """The rule for numbers between −c and c."""
    one = limited_to(c)
    return Rule(slot, one.symbol, Scope(part=part), constant=one)


def now(book: AlteredTextbook, slot: str, l: int, part: str = "") -> float:
    """The factor that stands in a slot now."""
    one = book.chosen(slot, l, part)
    return 1.0 if one is None else one.value(book, l)


def stacked(arrays: list[Array], shape: tuple[int, ...]) -> Array:
    """[N, …]: arrays of one shape, or numbers in place of some."""
    found = np.empty((len(arrays), *shape))
    for i, one in enumerate(arrays):
        found[i] = one
    return found
