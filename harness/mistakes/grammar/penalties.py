"""What stands where the gradient of an L2 penalty belongs, λ W^l and λ b^l."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Slot, rate_of
from harness.truth.bounds.rounded_functions import normed, sign

SLOTS = (
    Slot(
        "penalty",
        "BP3, BP4",
        "·",
        (
            Alternative("0", lambda book, p, right: right * 0),
            Alternative("2 ·", lambda book, p, right: right * 2),
            Alternative("1/2 ·", lambda book, p, right: right / 2),
            Alternative("−·", lambda book, p, right: -right),
            Alternative("λ p", lambda book, p, right: book.penalty_gradient(p)),
            Alternative("λ ones", lambda book, p, right: book.penalty_gradient(p * 0 + 1)),
            Alternative("n ·", lambda book, p, right: right * book.rows),
            Alternative("1/n ·", lambda book, p, right: right / book.rows),
            Alternative("λ p²", lambda book, p, right: book.penalty_gradient(p) * p),
            Alternative("λ |p|", lambda book, p, right: book.penalty_gradient(abs(p))),
            Alternative("λ sign(p)", lambda book, p, right: book.penalty_gradient(sign(p))),
            Alternative("λ p / ‖p‖", lambda book, p, right: book.penalty_gradient(normed(p))),
            Alternative("η ·", lambda book, p, right: right * rate_of(book)),
            Alternative("1/η ·", lambda book, p, right: right / rate_of(book)),
            Alternative("|·|", lambda book, p, right: abs(right)),
        ),
        parts=True,
    ),
)
