"""What stands in the forward pass: z^l = a^{l-1} (W^l)ᵀ + b^l and a^l = f(z^l)."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Slot
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import apply_activation, exp_in_dtype


def _named_function(name: str, symbol: str) -> Alternative:
    return Alternative(f"{symbol}(z^l)", lambda book, l: apply_activation(name, book.z[l]))


def _unshifted_softmax(book: Textbook, l: int) -> Numbers:
    """e^z / Σ e^z for a softmax layer, and f(z) for others."""
    if book.layer(l).activation.name != "softmax":
        return book.layer(l).activation.f(book.z[l])
    e = exp_in_dtype(book.z[l])
    return e / e.sum(axis=1, keepdims=True)


SLOTS = (
    Slot(
        "bias",
        "z",
        "b^l",
        (
            Alternative("0", lambda book, l: book.layer(l).b * 0),
            Alternative("−b^l", lambda book, l: -book.layer(l).b),
            Alternative("2 b^l", lambda book, l: book.layer(l).b * 2, 2),
            Alternative("b_1^l", lambda book, l: book.layer(l).b[:1] + book.layer(l).b * 0, 2),
        ),
    ),
    Slot(
        "weights",
        "z",
        "(W^l)ᵀ",
        (
            Alternative("W^l", lambda book, l: book.layer(l).w.T),
            Alternative("(W^1)ᵀ", lambda book, l: book.layer(1).w, 2),
            Alternative("|W^l|ᵀ", lambda book, l: abs(book.layer(l).w), 2),
        ),
    ),
    Slot(
        "layer input",
        "z",
        "a^{l-1}",
        (
            Alternative("z^{l-1}", lambda book, l: book.a[0] if l == 1 else book.z[l - 1]),
            Alternative("x", lambda book, l: book.a[0]),
            Alternative("a^{l-2}", lambda book, l: book.a[l - 2], 2),
        ),
    ),
    Slot(
        "bias operator",
        "z",
        "+",
        (
            Alternative("⊙", lambda book, l, sums, b: sums * b, 2),
            Alternative("/", lambda book, l, sums, b: sums / b, 2),
        ),
    ),
    Slot(
        "activation",
        "a",
        "f(z^l)",
        (
            Alternative("z^l", lambda book, l: book.z[l]),
            _named_function("sigmoid", "σ"),
            _named_function("tanh", "tanh"),
            _named_function("relu", "relu"),
            Alternative(
                "f(f(z^l))",
                lambda book, l: apply_activation(book.layer(l).activation.name, book.layer(l).activation.f(book.z[l])),
            ),
            Alternative("f(−z^l)", lambda book, l: apply_activation(book.layer(l).activation.name, -book.z[l])),
            Alternative("f(2z^l)", lambda book, l: apply_activation(book.layer(l).activation.name, book.z[l] * 2), 2),
            Alternative("f(z^l/2)", lambda book, l: apply_activation(book.layer(l).activation.name, book.z[l] / 2), 2),
            Alternative("exp(z^l) / Σ exp(z^l)", _unshifted_softmax, shows_as_nan=True),
        ),
    ),
)
FORWARD = tuple(slot.name for slot in SLOTS)
