"""What stands where the error at the output belongs, in BP1."""

from __future__ import annotations

import numpy as np

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot
from harness.mistakes.grammar.limits import USUAL_LIMITS
from harness.mistakes.grammar.operators import COST, RARE_OPERATORS
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import apply_activation
from harness.truth.bounds.rounded_functions import clip_each, nearest_integer, normed, one_hot_of_largest, sign


def _sign(book: Textbook, l: int) -> Numbers:
    return sign(_output_error(book, l))


def _output_error(book: Textbook, l: int) -> Numbers:
    return book.a[l] - book.t


def _cube(array: Numbers) -> Numbers:
    return array * array * array


def _over_units(book: Textbook, l: int, array: Numbers) -> Numbers:
    """The sum over the units, in each of them."""
    return array.sum(axis=1, keepdims=True) + book.a[l] * 0


def _softmax_jacobian_times_error(book: Textbook, l: int) -> Numbers:
    """(diag(a) − a aᵀ)(a − t) for each row."""
    a, error = book.a[l], _output_error(book, l)
    return a * (error - _over_units(book, l, a * error))


def _next_rows(book: Textbook) -> list[int]:
    return [*range(1, book.rows), 0]


def _rows_before(book: Textbook) -> list[int]:
    return [-1, *range(book.rows - 1)]


SLOTS = (
    Slot(
        "error",
        "BP1",
        "∇_a C",
        (
            Alternative("(a^l − t)", _output_error),
            Alternative("∇_a C", lambda book, l: book.network.cost.gradient(book.a[l], book.t)),
            Alternative("a^l", lambda book, l: book.a[l]),
            Alternative("t", lambda book, l: book.t + book.a[l] * 0),
            Alternative("(z^l − t)", lambda book, l: book.z[l] - book.t),
            Alternative("(−t / a^l)", lambda book, l: -(book.t / book.a[l])),
            Alternative("sign(a^l − t)", _sign),
            Alternative("(a^l − t)²", lambda book, l: _output_error(book, l) * _output_error(book, l)),
            Alternative("|a^l − t|", lambda book, l: abs(_output_error(book, l))),
            Alternative(
                "(a^l − t) ⊙ |a^l − t|", lambda book, l: _output_error(book, l) * abs(_output_error(book, l)), 2
            ),
            Alternative("(a^l − t) ⊙ t", lambda book, l: _output_error(book, l) * book.t),
            Alternative("(a^l ⊙ t)", lambda book, l: book.a[l] * book.t, 2),
            Alternative("(a^l / t)", lambda book, l: book.a[l] / book.t, 2),
            Alternative("(a^l + t)", lambda book, l: book.a[l] + book.t),
            Alternative(
                "(a^l − t)³",
                lambda book, l: _output_error(book, l) * _output_error(book, l) * _output_error(book, l),
                2,
            ),
            Alternative("(a^l − t) / ‖a^l − t‖", lambda book, l: normed(_output_error(book, l)), 2),
            Alternative("((a^l)² − t²)", lambda book, l: book.a[l] * book.a[l] - book.t * book.t, 2),
            Alternative("(a^l − t²)", lambda book, l: book.a[l] - book.t * book.t, 2),
            Alternative("(a^l − t with its columns reversed)", lambda book, l: book.a[l] - book.t[:, ::-1], 2),
            Alternative("(a^l − t with its rows reversed)", lambda book, l: book.a[l] - book.t[::-1], 2),
            Alternative("(a^l − t of the next row)", lambda book, l: book.a[l] - book.t[_next_rows(book)], 2),
            Alternative("(a^l − t of the row before)", lambda book, l: book.a[l] - book.t[_rows_before(book)], 2),
            Alternative("J (a^l − t)", _softmax_jacobian_times_error),
            Alternative(
                "(−t / a^l − (1 − t) / (1 − a^l))",
                lambda book, l: -(book.t / book.a[l]) - (1 - book.t) / (-book.a[l] + 1),
            ),
            Alternative("(Σ_units (a^l ⊙ t) − 1)", lambda book, l: _over_units(book, l, book.a[l] * book.t) - 1, 2),
            Alternative("z^l", lambda book, l: book.z[l], 2),
            Alternative("((a^l − t) / a^l)", lambda book, l: _output_error(book, l) / book.a[l], 2),
            Alternative(
                "((a^l − t) / (a^l (1 − a^l)))",
                lambda book, l: _output_error(book, l) / (book.a[l] * (-book.a[l] + 1)),
                2,
            ),
            Alternative("((1 − t) / (1 − a^l))", lambda book, l: (1 - book.t) / (-book.a[l] + 1), 2),
            Alternative("(softmax(a^l) − t)", lambda book, l: apply_activation("softmax", book.a[l]) - book.t, 2),
            Alternative("(σ(a^l) − t)", lambda book, l: apply_activation("sigmoid", book.a[l]) - book.t, 2),
            Alternative("(tanh(a^l) − t)", lambda book, l: apply_activation("tanh", book.a[l]) - book.t, 2),
            Alternative("(onehot(argmax a^l) − t)", lambda book, l: one_hot_of_largest(book.a[l]) - book.t, 2),
            Alternative("(round(a^l) − t)", lambda book, l: nearest_integer(book.a[l]) - book.t, 2),
            Alternative("(Σ_units (a^l − t))", lambda book, l: _over_units(book, l, _output_error(book, l)), 2),
            Alternative(
                "(1/m Σ_units (a^l − t))",
                lambda book, l: _over_units(book, l, _output_error(book, l)) / book.t.shape[1],
            ),
            *(
                Alternative(f"clip(a^l − t, ±{c:g})", lambda book, l, c=c: clip_each(_output_error(book, l), c), 2)
                for c in USUAL_LIMITS
            ),
            *(
                Alternative(f"(a^l {symbol} t)", lambda book, l, act=act: act(book.a[l], book.t), COST)
                for symbol, act in RARE_OPERATORS
            ),
            Alternative(
                "(1/n Σ_rows (a^l − t))",
                lambda book, l: _output_error(book, l).sum(axis=0) / book.rows + book.a[l] * 0,
                2,
            ),
        ),
        measured=(
            Measured(
                "(a^l − (1 − {c}) t − {c}/m)",  # smoothed labels
                _output_error,
                lambda book, l: book.t - np.full(book.t.shape, 1 / book.t.shape[1]),
            ),
            Measured(  # a weight of the positive class
                "((1 − t) a^l − {c} t (1 − a^l))",
                lambda book, l: (1 - book.t) * book.a[l],
                lambda book, l: book.t * (book.a[l] - 1),
            ),
            Measured("(a^l − t {signed})", _output_error, lambda book, l: book.a[l] * 0 + 1),
            Measured("(a^l − {c} t)", lambda book, l: book.a[l], lambda book, l: -book.t),
        ),
    ),
)
