"""What is sent back through which matrix, in BP2."""

from __future__ import annotations

import numpy as np

from harness.mistakes.grammar.alternative import Alternative, Slot, Undefined
from harness.mistakes.grammar.slopes import own_slope, slope_at
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import append_bias_column, pinv
from harness.truth.bounds.rounded_functions import sign, square_root


def _weights(book: Textbook, l: int) -> Numbers:
    return book.layer(l + 1).w


def _by_share(book: Textbook, l: int) -> Numbers:
    w = _weights(book, l)
    return w / abs(w).sum(axis=1, keepdims=True)


def _by_signed_share(book: Textbook, l: int) -> Numbers:
    w = _weights(book, l)
    return w / w.sum(axis=1, keepdims=True)


def _updated(book: Textbook, l: int) -> Numbers:
    w = _weights(book, l)
    return w if book.learning_rate is None else w - book.learning_rate * book.weight_gradient(l + 1)


def _first_column_in_each(book: Textbook, l: int) -> Numbers:
    w = _weights(book, l)
    return w[:, :1] + w * 0


def _column(b: Numbers) -> Numbers:
    return b.reshape(-1, 1)


def _without(unit: int, axis: int) -> Alternative:
    """The matrix with the column or the row of one unit replaced by zeros."""

    def value(book: Textbook, l: int) -> Numbers:
        w = _weights(book, l)
        kept = np.ones(w.shape, dtype=int)
        kept[(slice(None), unit) if axis else (unit, slice(None))] = 0
        return w * kept

    which = f"{'first' if unit == 0 else 'last'} {'column' if axis else 'row'}"
    return Alternative(f"(W^{{l+1}} without its {which})", value)


def _only(unit: int, which: str) -> Alternative:
    """The matrix with one row alone, as where a sum is overwritten by each of its terms."""

    def value(book: Textbook, l: int) -> Numbers:
        w = _weights(book, l)
        kept = np.zeros(w.shape, dtype=int)
        kept[unit] = 1
        return w * kept

    return Alternative(f"(only the {which} row of W^{{l+1}})", value)


def _row_sums(w: Numbers) -> Numbers:
    """The sum of each row, in all places of that row."""
    return w.sum(axis=1, keepdims=True) + w * 0


def _normed_rows(w: Numbers) -> Numbers:
    return w / square_root((w * w).sum(axis=1, keepdims=True))


def _without_column(column: int, which: str) -> Alternative:
    """The matrix with its biases as last column, of which another column is left out, as where an index is wrong."""

    def value(book: Textbook, l: int) -> Numbers:
        layer = book.layer(l + 1)
        width = layer.w.shape[1]
        if column >= width:
            raise Undefined("there is no such column of weights")
        joined = append_bias_column(layer.w, layer.b)
        return joined[:, [k for k in range(width + 1) if k != column]]

    return Alternative(f"((W^{{l+1}}, b^{{l+1}}) without its {which} column)", value, 2)


def _shifted(book: Textbook, l: int) -> Numbers:
    layer = book.layer(l + 1)
    joined = append_bias_column(layer.w, layer.b)
    return joined[:, [-1, *range(layer.w.shape[1] - 1)]]


def _reshaped(w: Numbers) -> Numbers:
    return w.T.reshape(w.shape)


SLOTS = (
    Slot(
        "source",
        "BP2",
        "δ^{l+1}",
        (
            Alternative("e^{l+1}", lambda book, l: book.back[l + 1]),
            Alternative("a^{l+1}", lambda book, l: book.a[l + 1]),
            Alternative("z^{l+1}", lambda book, l: book.z[l + 1]),
            Alternative("δ^L", lambda book, l: book.delta[book.last]),
            Alternative("e^L", lambda book, l: book.back[book.last]),
            Alternative("(a^L − t)", lambda book, l: book.a[book.last] - book.t),
            Alternative("δ^{l+2}", lambda book, l: book.delta[l + 2]),
            Alternative("(δ^{l+1} ⊙ f'(z^{l+1}))", lambda book, l: book.delta[l + 1] * own_slope(book, l + 1)),
            Alternative("|δ^{l+1}|", lambda book, l: abs(book.delta[l + 1]), 2),
            Alternative("f(δ^{l+1})", lambda book, l: book.layer(l + 1).activation.f(book.delta[l + 1]), 2),
            Alternative("f'(δ^{l+1})", lambda book, l: slope_at(book, l + 1, book.delta[l + 1]), 2),
            Alternative(
                "(1/n Σ_rows δ^{l+1})",
                lambda book, l: book.delta[l + 1].sum(axis=0) / book.rows + book.delta[l + 1] * 0,
                2,
            ),
            Alternative(
                "(Σ_rows δ^{l+1})",
                lambda book, l: book.delta[l + 1].sum(axis=0) + book.delta[l + 1] * 0,
                2,
            ),
        ),
    ),
    Slot(
        "matrix",
        "BP2",
        "W^{l+1}",
        (
            Alternative("(W^{l+1})ᵀ", lambda book, l: _weights(book, l).T),
            Alternative("W^l", lambda book, l: book.layer(l).w),
            Alternative("(W^l)ᵀ", lambda book, l: book.layer(l).w.T),
            Alternative("W^L", lambda book, l: book.layer(book.last).w),
            Alternative("W^{l+2}", lambda book, l: book.layer(l + 2).w),
            Alternative("pinv(W^{l+1})ᵀ", lambda book, l: pinv(_weights(book, l)).T),
            Alternative("(W^{l+1} / Σ_columns |W^{l+1}|)", _by_share),
            Alternative("(W^{l+1} / Σ_columns W^{l+1})", _by_signed_share),
            Alternative("|W^{l+1}|", lambda book, l: abs(_weights(book, l))),
            Alternative("ones", lambda book, l: np.ones(_weights(book, l).shape, dtype=int)),
            Alternative("(W^{l+1} − η ∂C/∂W^{l+1})", _updated),
            _without(-1, 1),
            _without(0, 1),
            _without(-1, 0),
            _without(0, 0),
            _only(-1, "last"),
            _only(0, "first"),
            Alternative("reshape(W^{l+1})ᵀ", lambda book, l: _reshaped(_weights(book, l).T).T),
            Alternative("((b^{l+1}, W^{l+1}) without its last column)", _shifted),
            _without_column(0, "first"),
            _without_column(1, "second"),
            _without_column(2, "third"),
            Alternative("(W^{l+1} + b^{l+1})", lambda book, l: _weights(book, l) + _column(book.layer(l + 1).b), 2),
            Alternative("(the first column of W^{l+1} in each)", _first_column_in_each, 2),
            Alternative("(Σ_columns W^{l+1} in each)", lambda book, l: _row_sums(_weights(book, l)), 2),
            Alternative("(Σ_rows W^{l+1} in each)", lambda book, l: _row_sums(_weights(book, l).T).T, 2),
            Alternative("∂C/∂W^{l+1}", lambda book, l: book.weight_gradient(l + 1), 2),
            Alternative("(W^{l+1} / ‖its rows‖)", lambda book, l: _normed_rows(_weights(book, l)), 2),
            Alternative("(W^{l+1})²", lambda book, l: _weights(book, l) * _weights(book, l), 2),
            Alternative("sign(W^{l+1})", lambda book, l: sign(_weights(book, l)), 2),
            Alternative("(W^{l+1} with its columns reversed)", lambda book, l: _weights(book, l)[:, ::-1], 2),
            Alternative("(W^{l+1} with its rows reversed)", lambda book, l: _weights(book, l)[::-1], 2),
            Alternative("reshape((W^{l+1})ᵀ)", lambda book, l: _reshaped(_weights(book, l)), 2),
        ),
    ),
)
