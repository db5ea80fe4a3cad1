"""Factors of the deltas, the gradients and the step: 2, 1/n, the sign, and numbers that the data show."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.mistakes.grammar.alternative import Alternative, Slot, rate_of, short_text
from harness.model.textbook import Textbook

FactorValue = Callable[[Textbook, int], float]


def _inputs_of(book: Textbook, l: int) -> int:
    return int(book.layer(l).w.shape[1])


def _units_after(book: Textbook, l: int) -> int:
    return 1 if l == book.last else len(book.layer(l + 1).b)


# n rows, m outputs, n_l units of the layer, η the learning rate. A value is a number for a network, data and a layer.
FACTORS: tuple[tuple[str, FactorValue, int], ...] = (
    ("−1", lambda book, l: -1.0, 1),
    ("2", lambda book, l: 2.0, 1),
    ("1/2", lambda book, l: 0.5, 1),
    ("1/n", lambda book, l: 1 / book.rows, 1),
    ("n", lambda book, l: float(book.rows), 1),
    ("0", lambda book, l: 0.0, 1),
    ("1/m", lambda book, l: 1 / book.t.shape[1], 1),
    ("m", lambda book, l: float(book.t.shape[1]), 1),
    ("2/n", lambda book, l: 2 / book.rows, 1),
    ("1/(2n)", lambda book, l: 0.5 / book.rows, 1),
    ("2/m", lambda book, l: 2 / book.t.shape[1], 1),
    ("1/(n m)", lambda book, l: 1 / (book.rows * book.t.shape[1]), 1),
    ("2/(n m)", lambda book, l: 2 / (book.rows * book.t.shape[1]), 1),
    ("4", lambda book, l: 4.0, 1),
    ("1/4", lambda book, l: 0.25, 1),
    ("3", lambda book, l: 3.0, 1),
    ("1/n_l", lambda book, l: 1 / len(book.layer(l).b), 1),
    ("n_l", lambda book, l: float(len(book.layer(l).b)), 1),
    ("1/n_{l-1}", lambda book, l: 1 / _inputs_of(book, l), 1),
    ("n_{l-1}", lambda book, l: float(_inputs_of(book, l)), 1),
    ("n/n_l", lambda book, l: book.rows / len(book.layer(l).b), 2),
    ("n/n_{l-1}", lambda book, l: book.rows / _inputs_of(book, l), 2),
    ("1/n²", lambda book, l: book.rows**-2.0, 2),
    ("n²", lambda book, l: book.rows**2.0, 2),
    ("1/√n", lambda book, l: book.rows**-0.5, 2),
    ("1/√n_l", lambda book, l: len(book.layer(l).b) ** -0.5, 2),
    ("1/√n_{l-1}", lambda book, l: _inputs_of(book, l) ** -0.5, 2),
    ("1/L", lambda book, l: 1 / book.last, 2),
    ("L", lambda book, l: float(book.last), 2),
    ("l", lambda book, l: float(l), 2),
    ("1/l", lambda book, l: 1 / l, 2),
    ("n/(n − 1)", lambda book, l: book.rows / (book.rows - 1) if book.rows > 1 else math.inf, 2),
    ("1/(n − 1)", lambda book, l: 1 / (book.rows - 1) if book.rows > 1 else math.inf, 2),
    ("(n − 1)/n", lambda book, l: (book.rows - 1) / book.rows, 2),
)

_OF_UNITS_AFTER: tuple[tuple[str, FactorValue, int], ...] = (
    ("1/n_{l+1}", lambda book, l: 1 / _units_after(book, l), 1),
    ("n_{l+1}", lambda book, l: float(_units_after(book, l)), 2),
)

# Of a step alone, because backprop has no rate.
_OF_THE_RATE: tuple[tuple[str, FactorValue, int], ...] = (
    ("η", lambda book, l: rate_of(book), 1),
    ("1/η", lambda book, l: 1 / rate_of(book), 1),
    ("η²", lambda book, l: rate_of(book) ** 2, 2),
    ("1/√η", lambda book, l: rate_of(book) ** -0.5, 2),
    ("(1 − η)", lambda book, l: 1 - rate_of(book), 2),
)


# A delta with the rate in it is rarer than a step with it twice.
_RATES_IN_DELTA = tuple((symbol, value, 2) for symbol, value, _ in _OF_THE_RATE)


def constant(value: float) -> Alternative:
    """A number that the data show."""
    return Alternative(short_text(value), lambda book, l: value, 2)


def _alternatives(*factors: tuple[str, FactorValue, int]) -> tuple[Alternative, ...]:
    positive = [Alternative(symbol, value, cost) for symbol, value, cost in factors]
    return (*positive, *(_negative(one) for one in positive if one.symbol not in ("−1", "0")))


def _negative(one: Alternative) -> Alternative:
    """The same with the sign turned, which is rarer."""
    return Alternative(f"−{one.symbol}", lambda book, l: -one.value(book, l), 2)


SLOTS = (
    Slot("delta factor", "BP1, BP2", "", _alternatives(*FACTORS, *_OF_UNITS_AFTER, *_RATES_IN_DELTA)),
    Slot("gradient factor", "BP3, BP4", "", _alternatives(*FACTORS), parts=True),
    Slot("step factor", "rule", "", _alternatives(*FACTORS, *_OF_THE_RATE), parts=True),
)
