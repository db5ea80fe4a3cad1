"""The step as a whole, and what a call leaves behind for the next one."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot
from harness.mistakes.grammar.operators import COST, RARE_OPERATORS
from harness.truth.bounds.rounded_functions import normed, sign

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
            Alternative("p − η p", lambda book, p, g: p - p * book.learning_rate, 2),
            Alternative("p − η p ⊙ g", lambda book, p, g: p - p * (g * book.learning_rate), 2),
            Alternative("p − η sign(g)", lambda book, p, g: p - sign(g) * book.learning_rate, 2),
            Alternative("p − η g / ‖g‖", lambda book, p, g: p - normed(g) * book.learning_rate, 2),
            Alternative("p − η g / (|g| + 1e−8)", lambda book, p, g: p - g / (abs(g) + 1e-8) * book.learning_rate, 2),
            Alternative("p/η ⊙ g", lambda book, p, g: p / book.learning_rate * g, 2),
            *(
                Alternative(f"(p {symbol} η) ⊙ g", lambda book, p, g, act=act: act(p, book.learning_rate) * g, COST)
                for symbol, act in RARE_OPERATORS
            ),
            *(
                Alternative(
                    f"p − (η {symbol} g)",
                    lambda book, p, g, act=act: p - act(g * 0 + book.learning_rate, g),
                    COST,
                )
                for symbol, act in RARE_OPERATORS
            ),
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
