"""What stands in the forward pass: z^l = a^{l-1} (W^l)ᵀ + b^l and a^l = f(z^l)."""

from __future__ import annotations

import numpy as np

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot
from harness.mistakes.grammar.operators import COST, RARE_OPERATORS
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import apply_activation, exp_in_dtype, value_of
from harness.truth.bounds.rounded_functions import square_root


def _named_function(name: str, symbol: str) -> Alternative:
    return Alternative(f"{symbol}(z^l)", lambda book, l: apply_activation(name, book.z[l]))


def _own_output(book: Textbook, l: int) -> Numbers:
    return book.layer(l).activation.f(book.z[l])


def _unshifted_softmax(book: Textbook, l: int) -> Numbers:
    """e^z / Σ e^z for a softmax layer, and f(z) for others."""
    if book.layer(l).activation.name != "softmax":
        return _own_output(book, l)
    e = exp_in_dtype(book.z[l])
    return e / e.sum(axis=1, keepdims=True)


def _softmax_over_rows(book: Textbook, l: int) -> Numbers:
    if book.layer(l).activation.name != "softmax":
        return _own_output(book, l)
    return apply_activation("softmax", book.z[l].T).T


def _bias_after(book: Textbook, l: int) -> Numbers:
    """f of the sums without the biases, and these added to it."""
    layer = book.layer(l)
    return layer.activation.f(book.a[l - 1] @ layer.w.T) + layer.b


def columns_zeroed(array: Numbers, column: int) -> Numbers:
    """The array with zeros in one column."""
    kept = np.ones(array.shape[-1], dtype=int)
    kept[column] = 0
    return array * kept


def centred(array: Numbers, axis: int) -> Numbers:
    """The array without its mean along an axis."""
    return array - (array.sum(axis=axis, keepdims=True) / array.shape[axis] + array * 0)


def _lecun_tanh(book: Textbook, l: int) -> Numbers:
    """LeCun et al., "Efficient BackProp", 1998."""
    return apply_activation("tanh", book.z[l] * (2 / 3)) * 1.7159


def _softmax_over_all(book: Textbook, l: int) -> Numbers:
    """e^z divided by the sum over all rows and units."""
    if book.layer(l).activation.name != "softmax":
        return _own_output(book, l)
    e = exp_in_dtype(book.z[l])
    return e / e.sum()


def _standardised(x: Numbers) -> Numbers:
    """Each column without its mean, divided by its standard deviation."""
    from_mean = centred(x, 0)
    return from_mean / square_root((from_mean * from_mean).sum(axis=0) / len(x))


def _divided_by_largest(x: Numbers) -> Numbers:
    return x / float(np.abs(value_of(x)).max())


SLOTS = (
    Slot(
        "data",
        "data",
        "x",
        (
            Alternative("(x − 1/n Σ_rows x)", lambda book, l: centred(book.inputs.x, 0)),
            Alternative("(x − its mean) / its standard deviation", lambda book, l: _standardised(book.inputs.x)),
            Alternative("(x − 1/n_0 Σ_units x)", lambda book, l: centred(book.inputs.x, 1), 2),
            Alternative("x / max |x|", lambda book, l: _divided_by_largest(book.inputs.x)),
            Alternative("x / 255", lambda book, l: book.inputs.x / 255),
            Alternative("x / n", lambda book, l: book.inputs.x / book.rows, 2),
            Alternative("(the last row of x in each)", lambda book, l: book.inputs.x[[-1] * book.rows]),
            Alternative("(the first row of x in each)", lambda book, l: book.inputs.x[[0] * book.rows]),
            Alternative("(x with its columns reversed)", lambda book, l: book.inputs.x[:, ::-1], 2),
            Alternative("(x with its rows reversed)", lambda book, l: book.inputs.x[::-1], 2),
        ),
        measured=(Measured("{c} x", lambda book, l: book.inputs.x * 0, lambda book, l: book.inputs.x),),
    ),
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
            Alternative("(a^{l-1})²", lambda book, l: book.a[l - 1] * book.a[l - 1], 2),
            Alternative("a^{l-1}/n_{l-1}", lambda book, l: book.a[l - 1] / book.layer(l).w.shape[1], 2),
            Alternative("(a^{l-1} without its last unit)", lambda book, l: columns_zeroed(book.a[l - 1], -1), 2),
            Alternative("(a^{l-1} without its first unit)", lambda book, l: columns_zeroed(book.a[l - 1], 0), 2),
            Alternative("(a^{l-1} − 1/n Σ_rows a^{l-1})", lambda book, l: centred(book.a[l - 1], 0), 2),
            Alternative("(a^{l-1} − 1/n_{l-1} Σ_units a^{l-1})", lambda book, l: centred(book.a[l - 1], 1), 2),
        ),
    ),
    Slot(
        "bias operator",
        "z",
        "+",
        (
            Alternative("⊙", lambda book, l, sums, b: sums * b, 2),
            Alternative("/", lambda book, l, sums, b: sums / b, 2),
            *(
                Alternative(symbol, lambda book, l, sums, b, act=act: act(sums, b + sums * 0), COST)
                for symbol, act in RARE_OPERATORS
            ),
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
            _named_function("leaky_relu", "leaky_relu"),
            _named_function("softplus", "softplus"),
            Alternative(
                "f(f(z^l))",
                lambda book, l: apply_activation(book.layer(l).activation.name, _own_output(book, l)),
            ),
            Alternative("f(−z^l)", lambda book, l: apply_activation(book.layer(l).activation.name, -book.z[l])),
            Alternative("f(2z^l)", lambda book, l: apply_activation(book.layer(l).activation.name, book.z[l] * 2), 2),
            Alternative("f(z^l/2)", lambda book, l: apply_activation(book.layer(l).activation.name, book.z[l] / 2), 2),
            Alternative("(f(z^l − b^l) + b^l)", _bias_after, 2),
            Alternative("(f(z^l) + a^{l-1})", lambda book, l: _own_output(book, l) + book.a[l - 1], 2),
            Alternative("|z^l|", lambda book, l: abs(book.z[l]), 2),
            Alternative("z^l ⊙ σ(z^l)", lambda book, l: book.z[l] * apply_activation("sigmoid", book.z[l]), 2),
            Alternative("1.7159 tanh(2/3 z^l)", _lecun_tanh, 2),
            Alternative("softmax(z^l) over the rows", _softmax_over_rows, 2),
            Alternative("softmax(z^l) over all", _softmax_over_all, 2),
            Alternative("exp(z^l) / Σ exp(z^l)", _unshifted_softmax, shows_as_nan=True),
        ),
        measured=(Measured("{c} f(z^l)", lambda book, l: book.z[l] * 0, _own_output),),
    ),
)
FORWARD = tuple(slot.name for slot in SLOTS)
