"""The step as a whole, and what a call leaves behind for the next one."""

from __future__ import annotations

import numpy as np

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot
from harness.truth.bounds.rounded_array import value_of

SLOTS = (
    Slot(
        "order",
        "rule",
        "for all rows at once",
        (Alternative("for one row after the other", lambda book, l: True),),
    ),
    Slot(
        "step",
        "rule",
        "p − η g",
        (
            Alternative("p − η − g", lambda book, p, g: p - book.learning_rate - g, 2),
            Alternative("p − η + g", lambda book, p, g: p - book.learning_rate + g, 2),
            Alternative("η g", lambda book, p, g: g * book.learning_rate, 2),
            Alternative("−η g", lambda book, p, g: -(g * book.learning_rate), 2),
            Alternative("p ⊙ η g", lambda book, p, g: p * (g * book.learning_rate), 2),
            Alternative("p/η ⊙ g", lambda book, p, g: p / book.learning_rate * g, 2),
            Alternative("⌊p/η⌋ ⊙ g", lambda book, p, g: np.floor_divide(value_of(p), book.learning_rate) * g, 2),
            Alternative("(p mod η) ⊙ g", lambda book, p, g: np.mod(value_of(p), book.learning_rate) * g, 2),
            Alternative("p − η/(g)", lambda book, p, g: p - book.learning_rate / g, 2),
        ),
        measured=(
            Measured(
                "(1 − {c}) p − η g",
                lambda book, p, g: p - g * book.learning_rate,
                lambda book, p, g: -p,
            ),
        ),
        parts=True,
    ),
    Slot("second call", "BP3, BP4", "g", (Alternative("g + g", lambda book, l, gradient: gradient + gradient),)),
    Slot("inputs", "rule", "not changed", (Alternative("changed in place", lambda book, l: True),)),
)
