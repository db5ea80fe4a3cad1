"""Find the candidates that are a target times one number.

This only chooses what is worth a closer look: what is said is decided within rounding bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.mistakes.grammar import MISFITS, SLOTS, Alternative
from harness.mistakes.grammar.factors import constant
from harness.mistakes.rules import Rule
from harness.model.contract import Array
from harness.model.textbook import Textbook

MOST_FACTORS = 8  # of the same value
ENTRIES_AT_LIMIT = 2
NUMBERS_FOR_A_CONSTANT = 3  # that it must give
LOOSE = 1e-8  # far above the rounding of float64, and below what tells two formulas apart


def factors_of(candidates: Array, target: Array, tolerance: Array) -> Array:
    """For each candidate the c for which target = c candidate, within about the tolerance of each entry; NaN if none.

    candidates: [N, …], target and tolerance: […]; returns [N]. A target of zeros has c = 0, and c = 1 too where the
    candidate is 0 as well.
    """
    if not candidates.size:
        return np.full(len(candidates), np.nan)
    flat, wanted = candidates.reshape(len(candidates), -1), target.ravel()
    largest = float(np.abs(wanted).max(initial=0.0))
    if largest == 0:
        return np.where(flat.any(axis=1), 0.0, 1.0)
    squares = np.einsum("ij,ij->i", flat, flat)
    c = flat @ wanted / squares
    room = 10 * LOOSE * largest + tolerance.ravel()
    fits = (np.abs(wanted - c[:, None] * flat) <= room).all(axis=1)
    return np.where(fits & (squares > 0) & (c != 0), c, np.nan)


def is_one(c: Any) -> Any:
    """Whether a factor is 1, or which of an array are."""
    return abs(c - 1) <= 100 * LOOSE


def factor_rules(slot: str, c: float, book: Textbook, l: int) -> Iterator[tuple[Rule, ...]]:
    """The rules for a factor c of layer l: none if it is 1, else each known factor of this value, else a number."""
    if is_one(c):
        yield ()
        return
    symbols, values, are_numbers = _table(slot, book, l)
    known = np.flatnonzero(np.abs(values - c) <= 100 * LOOSE * abs(c))
    for i in known[:MOST_FACTORS]:
        yield (Rule(slot, symbols[i]),)
    number = short_number(c)
    units, inputs = book.layer(l).w.shape
    is_shown = units * min(book.rows, inputs + 1) >= NUMBERS_FOR_A_CONSTANT
    if is_shown and number is not None and not are_numbers[known].any():
        one = constant(number)
        yield (Rule(slot, one.symbol, constant=one),)


def short_number(c: float) -> float | None:
    """The number of at most five digits that c is, or 1 divided by such a number; None if it is none, as for NaN."""
    if not c or not np.isfinite(c):
        return None
    candidates = (float(f"{c:.5g}"), 1 / float(f"{1 / c:.5g}"))
    return next((one for one in candidates if abs(one - c) <= 100 * LOOSE * abs(c)), None)


def _value_or_nan(one: Alternative, book: Textbook, l: int) -> float:
    try:
        return float(one.value(book, l))
    except MISFITS:
        return np.nan


def _table(slot: str, book: Textbook, l: int) -> tuple[list[str], Array, Array]:
    """The symbols of all factors, their values for a layer, and which are numbers; the cheapest first."""
    key = slot, l
    tables: dict[tuple[str, int], tuple[list[str], Array, Array]] = book.__dict__.setdefault("factor_tables", {})
    if key not in tables:
        ordered = sorted(SLOTS[slot].alternatives, key=lambda one: one.cost)
        values = np.array([_value_or_nan(one, book, l) for one in ordered])
        are_numbers = np.array([not any(letter.isalpha() for letter in one.symbol) for one in ordered])
        tables[key] = [one.symbol for one in ordered], values, are_numbers
    return tables[key]


def number_of(base: Array, term: Array, target: Array, allowed: Array) -> float | None:
    """The c of few digits with target = base + c term, within about `allowed`; None if there is none, or it is 0."""
    if not np.shape(base) == np.shape(term) == target.shape:
        return None
    rest = target - base
    if not (np.isfinite(rest).all() and np.isfinite(term).all()) or (np.abs(rest) <= allowed).all():
        return None
    return short_number(float(factors_of(term[None], rest, allowed)[0]))


def is_within(candidates: Array, target: Array, tolerance: Array) -> Array:
    """Which of the candidates [N, …] are the target […], within about the tolerance of each entry; [N]."""
    largest = float(np.abs(target).max(initial=0.0))
    fits = np.abs(candidates - target) <= 10 * LOOSE * largest + tolerance
    return np.asarray(fits.all(axis=tuple(range(1, fits.ndim))))


def limit_of(target: Array) -> float | None:
    """The largest size of the numbers, if several have it exactly, as where they are clipped; else None."""
    sizes = np.abs(target)
    largest = float(sizes.max(initial=0.0))
    return short_number(largest) if largest > 0 and (sizes == largest).sum() >= ENTRIES_AT_LIMIT else None
