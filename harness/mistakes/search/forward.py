"""Compute a book with another forward pass, whose z and a the subject did not return."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.mistakes.formulation import AlteredTextbook, formulation
from harness.mistakes.grammar import MISFITS
from harness.mistakes.rules import Rule
from harness.mistakes.search.evaluate import Evaluation
from harness.mistakes.search.fit import short_number
from harness.mistakes.search.gradients import data_targets, gradient
from harness.model.contract import Array

STARTS = (1.0, 0.1)
MOST_STEPS, STEP, SMALL_STEP = 10, 1e-6, 1e-9  # of the Gauss-Newton method


def with_forward(book: AlteredTextbook, rule: Rule) -> AlteredTextbook | None:
    """The book with a rule for the forward pass, up to δ^L; None if it does not fit."""
    try:
        changed = formulation((*book.rules, rule))(book.inputs, book.learning_rate, book.scale)
        for l in range(1, book.last + 1):
            changed.z[l] = changed.weighted_input(l)
            changed.a[l] = changed.output(l)
        changed.delta[book.last] = changed.scaled(changed.output_delta())
    except MISFITS:
        return None
    # Numbers of one unit may be broadcast to the wrong shape, which is no forward pass.
    is_fitting = all(np.shape(changed.a[l]) == (book.rows, len(book.layer(l).b)) for l in range(1, book.last + 1))
    return changed if is_fitting else None


def first_values(book: AlteredTextbook, found: Evaluation) -> dict[str, Array]:
    """The first quantities that differ, as the book has them."""
    if "delta" in found.names:
        return {"delta": book.delta[book.last]}
    return {name: gradient(book, name, book.last) for name in data_targets(book, found)}


def fitted_number(
    book: AlteredTextbook, found: Evaluation, rule_of: Callable[[float], Rule]
) -> tuple[Rule, AlteredTextbook] | None:
    """The rule with the number of few digits that gives the first values, by the Gauss-Newton method.

    It starts at 1, where all is right, and if that does not find it, near 0. None if there is no such number.
    """

    def residual(c: float) -> Array:
        changed = with_forward(book, rule_of(c))
        if changed is None:
            return np.zeros(0)
        values = first_values(changed, found)
        return np.concatenate([(values[name] - found.targets[name]).ravel() for name in sorted(values)])

    for start in STARTS:
        number = short_number(_root(residual, start))
        if number is not None:
            changed = with_forward(book, rule_of(number))
            return None if changed is None else (rule_of(number), changed)
    return None


def _root(residual: Callable[[float], Array], c: float) -> float:
    """Where the sum of squares is smallest, near c; NaN if that is not found."""
    for _ in range(MOST_STEPS):
        here = residual(c)
        slope = (residual(c + STEP) - here) / STEP
        if not slope.any() or not np.isfinite(slope).all():
            return np.nan
        change = float(here @ slope / (slope @ slope))
        c -= change
        if abs(change) <= SMALL_STEP:
            return c
    return np.nan
