"""What stands in the products and sums of BP3 and BP4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot, Undefined, rate_of
from harness.mistakes.grammar.forward import centred, columns_zeroed
from harness.mistakes.grammar.slopes import own_slope, slope_at
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_functions import nearest_integer, normed, sign


def _rows_zeroed(array: Numbers, row: int) -> Numbers:
    return columns_zeroed(array.T, row).T


def _square_transpose(book: Textbook, l: int, gradient: Numbers) -> Numbers:
    if gradient.shape[0] != gradient.shape[1]:
        raise Undefined("the transpose of a matrix that is not square has another shape")
    return gradient.T


def _with_momentum(book: Textbook, l: int) -> Numbers:
    """The delta of row i of n times (1 + η)^{n-i}: Δ ← Δ + η Δ + δ a, row after row."""
    powers = (1 + rate_of(book)) ** np.arange(book.rows - 1, -1, -1)
    return book.delta[l] * powers[:, None]


def _running_average(book: Textbook, l: int) -> Numbers:
    """The delta of row i of n times 2^{i-n-1}: Δ ← (Δ + δ a)/2, row after row."""
    return book.delta[l] * 2.0 ** np.arange(-book.rows, 0)[:, None]


def _rolled(book: Textbook, l: int, by: int) -> Any:
    """The indices of the inputs of layer l, moved by some places."""
    width = book.layer(l).w.shape[1]
    return [(k + by) % width for k in range(width)]


def _sum_over_units(book: Textbook, l: int, delta: Numbers) -> Numbers:
    """The sums over the units, one for each row, where there are as many rows as units."""
    return delta.sum(axis=1)


def _sum_with_outputs(book: Textbook, l: int, delta: Numbers) -> Numbers:
    if len(delta) != book.rows:
        raise Undefined("of some rows alone it is another product")
    return (delta * book.a[l]).sum(axis=0)


def _decays(part: str) -> tuple[Measured, ...]:
    """A number times what is made of the parameters, added to the gradient: a penalty that is not declared."""
    total, p = ("·", "W^l") if part == "w" else ("Σ_rows ·", "b^l")

    def base(book: Textbook, l: int, given: Numbers) -> Numbers:
        return given if part == "w" else given.sum(axis=0)

    def added(symbol: str, value: Callable[[Textbook, Numbers], Numbers]) -> Measured:
        return Measured(
            f"{total} {{signed}}{symbol}", base, lambda book, l, given: value(book, getattr(book.layer(l), part))
        )

    return (
        added(f" {p}", lambda book, p: p),
        added(f"/n {p}", lambda book, p: p / book.rows),
        added(f" sign({p})", lambda book, p: sign(p)),
    )


def _sum_with_inputs(book: Textbook, l: int, delta: Numbers) -> Numbers:
    """∂C/∂W^l summed over the inputs."""
    if len(delta) != book.rows:
        raise Undefined("of some rows alone it is another product")
    return (delta * book.a[l - 1].sum(axis=1, keepdims=True)).sum(axis=0)


def _broadcast(value: Numbers, book: Textbook, l: int) -> Numbers:
    return value * np.ones(book.layer(l).b.shape, dtype=int)


def _of_hidden(symbol: str, value: Callable[[Textbook, int], Numbers], cost: int = 1) -> Alternative:
    """What stands for the output of a hidden layer; the first layer has its right input x."""
    return Alternative(symbol, lambda book, l: book.a[0] if l == 1 else value(book, l), cost)


SLOTS = (
    Slot(
        "delta used",
        "BP3, BP4",
        "δ^l",
        (
            Alternative("e^l", lambda book, l: book.back[l]),
            Alternative("δ^{l+1}", lambda book, l: book.delta[l + 1]),
            Alternative("δ^{l-1}", lambda book, l: book.delta[l - 1]),
            Alternative("δ^L", lambda book, l: book.delta[book.last]),
            Alternative("(a^l − t)", lambda book, l: book.a[l] - book.t),
            Alternative("a^l", lambda book, l: book.a[l]),
            Alternative("|δ^l|", lambda book, l: abs(book.delta[l])),
            Alternative("(δ^l ⊙ f'(z^l))", lambda book, l: book.delta[l] * own_slope(book, l)),
            Alternative("(δ^l ⊙ δ^l)", lambda book, l: book.delta[l] * book.delta[l], 2),
            Alternative("(δ^l ⊙ a^l)", lambda book, l: book.delta[l] * book.a[l], 2),
            Alternative("z^l", lambda book, l: book.z[l], 2),
            Alternative("((1 + η)^{n−i} δ_i^l)", _with_momentum, 2),
            Alternative("(2^{i−n−1} δ_i^l)", _running_average, 2),
        ),
        parts=True,
    ),
    Slot(
        "rows",
        "BP3, BP4",
        "all rows",
        (
            Alternative("the last row", lambda book, l: slice(-1, None)),
            Alternative("the first row", lambda book, l: slice(0, 1)),
            Alternative("all rows but the last", lambda book, l: slice(0, -1)),
            Alternative("all rows but the first", lambda book, l: slice(1, None)),
            Alternative("every other row", lambda book, l: slice(0, None, 2), 2),
            Alternative("the first half of the rows", lambda book, l: slice(0, book.rows // 2), 2),
        ),
        parts=True,
    ),
    Slot(
        "input used",
        "BP4",
        "a^{l-1}",
        (
            Alternative("z^{l-1}", lambda book, l: book.a[0] if l == 1 else book.z[l - 1]),
            Alternative("a^l", lambda book, l: book.a[l]),
            Alternative("z^l", lambda book, l: book.z[l]),
            Alternative("ones", lambda book, l: np.ones(book.a[l - 1].shape, dtype=int)),
            Alternative("x", lambda book, l: book.a[0]),
            _of_hidden("a^{l-2}", lambda book, l: book.a[l - 2]),
            Alternative("(1 + a^{l-1})", lambda book, l: book.a[l - 1] + 1),
            Alternative("(1 − a^{l-1})", lambda book, l: -book.a[l - 1] + 1),
            _of_hidden("(a^{l-1} ⊙ f'(z^{l-1}))", lambda book, l: book.a[l - 1] * own_slope(book, l - 1)),
            Alternative("(a^{l-1} without its last unit)", lambda book, l: columns_zeroed(book.a[l - 1], -1)),
            Alternative("(a^{l-1} without its first unit)", lambda book, l: columns_zeroed(book.a[l - 1], 0)),
            _of_hidden("f'(z^{l-1})", lambda book, l: own_slope(book, l - 1)),
            Alternative("|a^{l-1}|", lambda book, l: abs(book.a[l - 1])),
            _of_hidden("δ^{l-1}", lambda book, l: book.delta[l - 1]),
            Alternative("(a^{l-1})²", lambda book, l: book.a[l - 1] * book.a[l - 1], 2),
            _of_hidden("f(a^{l-1})", lambda book, l: book.layer(l - 1).activation.f(book.a[l - 1]), 2),
            _of_hidden("f'(a^{l-1})", lambda book, l: slope_at(book, l - 1, book.a[l - 1]), 2),
            Alternative("(a^{l-1} − 1/n Σ_rows a^{l-1})", lambda book, l: centred(book.a[l - 1], 0), 2),
            Alternative("(the first row of a^{l-1} in each)", lambda book, l: book.a[l - 1][[0] * book.rows], 2),
            Alternative("(the last row of a^{l-1} in each)", lambda book, l: book.a[l - 1][[-1] * book.rows], 2),
            Alternative("round(a^{l-1})", lambda book, l: nearest_integer(book.a[l - 1]), 2),
            Alternative("(a^{l-1} with its units reversed)", lambda book, l: book.a[l - 1][:, ::-1], 2),
            Alternative("(a^{l-1} of the unit before)", lambda book, l: book.a[l - 1][:, _rolled(book, l, -1)], 2),
            Alternative("(a^{l-1} of the next unit)", lambda book, l: book.a[l - 1][:, _rolled(book, l, 1)], 2),
            Alternative("(a^{l-1} with its rows reversed)", lambda book, l: book.a[l - 1][::-1], 2),
            Alternative(
                "(Σ_rows a^{l-1})",
                lambda book, l: book.a[l - 1].sum(axis=0) + book.a[l - 1] * 0,
                2,
            ),
            Alternative(
                "(1/n Σ_rows a^{l-1})",
                lambda book, l: book.a[l - 1].sum(axis=0) / book.rows + book.a[l - 1] * 0,
                2,
            ),
            Alternative(
                "(Σ_units a^{l-1})",
                lambda book, l: book.a[l - 1].sum(axis=1, keepdims=True) + book.a[l - 1] * 0,
                2,
            ),
        ),
    ),
    Slot(
        "arrangement",
        "BP4",
        "·",
        (
            Alternative("reshape((·)ᵀ)", lambda book, l, gradient: gradient.T.reshape(gradient.shape)),
            Alternative("(·)ᵀ", _square_transpose),
            Alternative("|·|", lambda book, l, gradient: abs(gradient)),
            Alternative("(·) ⊙ W^l", lambda book, l, gradient: gradient * book.layer(l).w, 2),
            Alternative("W^l", lambda book, l, gradient: book.layer(l).w + gradient * 0, 2),
            Alternative("sign(·)", lambda book, l, gradient: sign(gradient), 2),
            Alternative("(·) / (|·| + 1e−8)", lambda book, l, gradient: gradient / (abs(gradient) + 1e-8), 2),
            Alternative("(·) / ‖·‖", lambda book, l, gradient: normed(gradient), 2),
            Alternative("(·) without its first row", lambda book, l, gradient: _rows_zeroed(gradient, 0), 2),
            Alternative("(·) without its last row", lambda book, l, gradient: _rows_zeroed(gradient, -1), 2),
            Alternative("reverse_units(·)", lambda book, l, gradient: gradient[::-1], 2),
            Alternative("Σ_units ·", lambda book, l, gradient: gradient.sum(axis=0) + gradient * 0, 2),
        ),
        measured=_decays("w"),
    ),
    Slot(
        "bias sum",
        "BP3",
        "Σ_rows ·",
        (
            Alternative("Σ_rows Σ_units ·", lambda book, l, delta: _broadcast(delta.sum(), book, l)),
            Alternative("Σ_units ·", _sum_over_units),
            Alternative(
                "1/n_l Σ_rows Σ_units ·",
                lambda book, l, delta: _broadcast(delta.sum() / delta.shape[1], book, l),
                2,
            ),
            Alternative("b^l", lambda book, l, delta: book.layer(l).b + delta.sum(axis=0) * 0, 2),
            Alternative("b^l ⊙ Σ_rows ·", lambda book, l, delta: delta.sum(axis=0) * book.layer(l).b),
            Alternative("Σ_rows (Σ_units a^{l-1}) ·", _sum_with_inputs, 2),
            Alternative("Σ_rows a^l ⊙ ·", _sum_with_outputs, 2),
            Alternative("|Σ_rows ·|", lambda book, l, delta: abs(delta.sum(axis=0)), 2),
            Alternative("sign(Σ_rows ·)", lambda book, l, delta: sign(delta.sum(axis=0)), 2),
            Alternative(
                "(Σ_rows ·) / (|Σ_rows ·| + 1e−8)",
                lambda book, l, delta: delta.sum(axis=0) / (abs(delta.sum(axis=0)) + 1e-8),
                2,
            ),
            Alternative("(Σ_rows ·) / ‖Σ_rows ·‖", lambda book, l, delta: normed(delta.sum(axis=0)), 2),
            Alternative(
                "(Σ_rows ·) without its first entry", lambda book, l, delta: columns_zeroed(delta.sum(axis=0), 0), 2
            ),
            Alternative(
                "(Σ_rows ·) without its last entry", lambda book, l, delta: columns_zeroed(delta.sum(axis=0), -1), 2
            ),
            Alternative("reverse_units(Σ_rows ·)", lambda book, l, delta: delta.sum(axis=0)[::-1], 2),
        ),
        measured=_decays("b"),
    ),
)
