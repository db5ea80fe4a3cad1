"""What stands where f'(z^l) belongs, in BP1 and BP2, and at an output where it cancels."""

from __future__ import annotations

from harness.mistakes.grammar.alternative import Alternative, Measured, Slot, Undefined
from harness.mistakes.grammar.operators import COST, RARE_OPERATORS
from harness.model.contract import Numbers
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import activation_slope, apply_activation, exp_in_dtype
from harness.truth.bounds.rounded_functions import sign, square_root


def own_slope(book: Textbook, l: int) -> Numbers:
    """f'(z^l); of a softmax, the diagonal p(1 − p) of its Jacobian."""
    if book.layer(l).activation.name == "softmax":
        return book.a[l] - book.a[l] * book.a[l]
    return Textbook.slope(book, l)


def slope_at(book: Textbook, l: int, z: Numbers) -> Numbers:
    """The derivative of the activation of layer l at other numbers."""
    name = book.layer(l).activation.name
    if name == "softmax":
        raise Undefined("softmax has no slope")
    return activation_slope(name, z)


def _output_form_of_z(book: Textbook, l: int) -> Numbers:
    z, name = book.z[l], book.layer(l).activation.name
    forms = {"sigmoid": lambda: z - z * z, "tanh": lambda: -(z * z) + 1, "softplus": lambda: -exp_in_dtype(-z) + 1}
    return forms[name]() if name in forms else own_slope(book, l)


def _gate(book: Textbook, l: int, *, is_open: bool) -> Numbers:
    """1 where z^l > 0 and else 0, or the reverse, for the activations that have a kink; f' and 0 for the others."""
    if "relu" not in book.layer(l).activation.name:
        return own_slope(book, l) if is_open else book.z[l] * 0
    gate = activation_slope("relu", book.z[l])
    return gate if is_open else -gate + 1


def _at(name: str, of: str) -> Alternative:
    """The slope of a named function, at z^l or a^l."""
    symbol = {"sigmoid": "σ", "tanh": "tanh", "relu": "relu"}[name]
    cost = 2 if (name, of) == ("relu", "a") else 1  # of outputs that are positive it is 1
    return Alternative(f"{symbol}'({of}^l)", lambda book, l: activation_slope(name, getattr(book, of)[l]), cost)


def _swish_slope(book: Textbook, l: int) -> Numbers:
    """The derivative of z σ(z)."""
    sigma = apply_activation("sigmoid", book.z[l])
    return sigma + book.z[l] * (sigma - sigma * sigma)


def _lecun_slope(book: Textbook, l: int) -> Numbers:
    """The derivative of 1.7159 tanh(2/3 z): LeCun et al., "Efficient BackProp", 1998."""
    return activation_slope("tanh", book.z[l] * (2 / 3)) * (1.7159 * 2 / 3)


# What people write at any layer in place of f'(z^l), or beside it where it cancels.
_USUAL = (
    Alternative("f'(a^l)", lambda book, l: slope_at(book, l, book.a[l])),
    Alternative("a^l (1 − a^l)", lambda book, l: book.a[l] - book.a[l] * book.a[l]),
    Alternative("(1 − (a^l)²)", lambda book, l: -(book.a[l] * book.a[l]) + 1),
    Alternative("(1 − a^l)", lambda book, l: -book.a[l] + 1),
    Alternative("z^l", lambda book, l: book.z[l]),
    Alternative("(f'(z^l))²", lambda book, l: own_slope(book, l) * own_slope(book, l)),
    Alternative("a^l (1 + a^l)", lambda book, l: book.a[l] + book.a[l] * book.a[l], 2),
    Alternative("(1 + a^l)", lambda book, l: book.a[l] + 1, 2),
    Alternative("(1 + (a^l)²)", lambda book, l: book.a[l] * book.a[l] + 1, 2),
    Alternative("(1 / f'(z^l))", lambda book, l: 1 / own_slope(book, l), 2),
    Alternative("(a^l)²", lambda book, l: book.a[l] * book.a[l], 2),
    Alternative("√(f'(z^l))", lambda book, l: square_root(own_slope(book, l)), 2),
    Alternative("sign(z^l)", lambda book, l: sign(book.z[l]), 2),
)

SLOTS = (
    Slot(
        "extra slope",
        "BP1",
        "",
        (
            Alternative("f'(z^l)", own_slope),
            Alternative("a^l", lambda book, l: book.a[l]),
            *_USUAL,
        ),
    ),
    Slot(
        "operator",
        "BP1, BP2",
        "⊙",
        (
            Alternative("+", lambda book, l, back, slope: back + slope),
            Alternative("−", lambda book, l, back, slope: back - slope, 2),
            Alternative("/", lambda book, l, back, slope: back / slope, 2),
            Alternative("− reversed", lambda book, l, back, slope: slope - back, 2),
            Alternative("/ reversed", lambda book, l, back, slope: slope / back, 2),
            Alternative("only", lambda book, l, back, slope: slope + back * 0, 2),
            *(
                Alternative(symbol, lambda book, l, back, slope, act=act: act(back, slope), COST)
                for symbol, act in RARE_OPERATORS
            ),
            *(
                Alternative(f"{symbol} reversed", lambda book, l, back, slope, act=act: act(slope, back), COST)
                for symbol, act in RARE_OPERATORS
            ),
        ),
    ),
    Slot(
        "slope",
        "BP1, BP2",
        "f'(z^l)",
        (
            Alternative("1", lambda book, l: 1),
            Alternative("f(z^l)", lambda book, l: book.a[l]),
            *_USUAL,
            Alternative("g(z^l)", _output_form_of_z),
            Alternative("z^l (1 − z^l)", lambda book, l: book.z[l] - book.z[l] * book.z[l]),
            Alternative("(1 − (z^l)²)", lambda book, l: -(book.z[l] * book.z[l]) + 1),
            *(_at(name, of) for name in ("sigmoid", "tanh", "relu") for of in ("z", "a")),
            Alternative("f'(z^{l-1})", lambda book, l: own_slope(book, l - 1)),
            Alternative("f'(z^{l+1})", lambda book, l: own_slope(book, l + 1)),
            Alternative("f'(a^{l-1})", lambda book, l: slope_at(book, l, book.a[l - 1])),
            Alternative("f'(z^l − b^l)", lambda book, l: slope_at(book, l, book.a[l - 1] @ book.layer(l).w.T)),
            Alternative("f'(e^l)", lambda book, l: slope_at(book, l, book.back[l])),
            Alternative("leaky_relu'(z^l)", lambda book, l: activation_slope("leaky_relu", book.z[l])),
            Alternative("f_l'(z^{l+1})", lambda book, l: slope_at(book, l, book.z[l + 1])),
            Alternative("f_{l+1}'(z^l)", lambda book, l: slope_at(book, l + 1, book.z[l])),
            Alternative("1.7159 · 2/3 (1 − tanh(2/3 z^l)²)", _lecun_slope, 2),
            Alternative("f_l'(z^{l-1})", lambda book, l: slope_at(book, l, book.z[l - 1]), 2),
            Alternative("f_{l-1}'(z^l)", lambda book, l: slope_at(book, l - 1, book.z[l]), 2),
            Alternative("f_L'(z^l)", lambda book, l: slope_at(book, book.last, book.z[l])),
            Alternative("f'(2 z^l)", lambda book, l: slope_at(book, l, book.z[l] * 2), 2),
            Alternative("f'(z^l / 2)", lambda book, l: slope_at(book, l, book.z[l] / 2), 2),
            Alternative("σ(z^l)", lambda book, l: apply_activation("sigmoid", book.z[l]), 2),
            Alternative("swish'(z^l)", _swish_slope, 2),
            Alternative("f_1'(z^l)", lambda book, l: slope_at(book, 1, book.z[l]), 2),
            Alternative("e^l", lambda book, l: book.back[l], 2),
            Alternative("(1 − (e^l)²)", lambda book, l: -(book.back[l] * book.back[l]) + 1, 2),
            Alternative("f(z^l) (1 − z^l)", lambda book, l: book.a[l] - book.a[l] * book.z[l], 2),
            Alternative("z^l (1 − a^l)", lambda book, l: book.z[l] - book.z[l] * book.a[l], 2),
            Alternative("(1 − 2a^l) ⊙ f'(z^l)", lambda book, l: (-book.a[l] * 2 + 1) * own_slope(book, l), 2),
            Alternative("f(a^l)", lambda book, l: apply_activation(book.layer(l).activation.name, book.a[l]), 2),
            Alternative("a^l ⊙ f'(z^l)", lambda book, l: book.a[l] * own_slope(book, l), 2),
            Alternative("z^l ⊙ f'(z^l)", lambda book, l: book.z[l] * own_slope(book, l), 2),
            Alternative("(1 + f'(z^l))", lambda book, l: own_slope(book, l) + 1, 2),
            Alternative("(1 − f'(z^l))", lambda book, l: -own_slope(book, l) + 1, 2),
        ),
        measured=(
            Measured("(f'(z^l) {signed})", own_slope, lambda book, l: 1),
            Measured(
                "(1 where z^l > 0, else {c})",
                lambda book, l: _gate(book, l, is_open=True),
                lambda book, l: _gate(book, l, is_open=False),
            ),
        ),
    ),
)
