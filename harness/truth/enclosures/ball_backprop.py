"""Backprop in ball arithmetic: each number is a midpoint and a radius that are proved to contain the exact value.

Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Transactions on Computers 66,
2017. This module defines its own activations and costs, so that an error in those of harness.model cannot hide.

Conventions at kinks, as in PyTorch: relu'(0) = 0 and leaky_relu'(0) = 0.01, for a weighted input that is exactly 0. A
ball that contains 0 and other numbers has the slope at its midpoint; harness.truth.bounds.kinks bounds what the other
slope would change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import mul, sub

import numpy as np
from flint import arb, arb_mat

from harness.model.contract import Array, Network

# Constants as balls: an operation on two balls takes half the time of one on a ball and an integer.
ZERO, ONE, TWO = arb(0), arb(1), arb(2)
LEAKY_RELU_SLOPE_BALL = arb(0.01)  # the float nearest to 0.01, as in every implementation


@dataclass(frozen=True, eq=False)
class Balls:
    """What backprop computes in layers l = 1..L.

    z, a, slopes, delta: z^l, a^l, f'(z^l) and δ^l, each a list of n · n_l balls, row by row. inputs: [a^{l-1}, 1],
    [n, n_{l-1} + 1], whose last column multiplies the bias. Softmax has no slopes; a forward pass has no delta.
    """

    inputs: Sequence[arb_mat]
    z: Sequence[list[arb]]
    a: Sequence[list[arb]]
    slopes: Sequence[list[arb]]
    delta: Sequence[list[arb]] = ()


def ball_matrix(array: Array) -> arb_mat:
    """An array of floats [m, n] as a matrix of exact balls."""
    rows, columns = array.shape
    return arb_mat(rows, columns, array.astype(np.float64).ravel().tolist())


def ball_parameters(network: Network) -> list[arb_mat]:
    """[W^l, b^l] of each layer, [n_l, n_{l-1} + 1], as exact balls."""
    return [ball_matrix(np.column_stack([layer.w, layer.b])) for layer in network.layers]


def forward_in_balls(network: Network, weights: Sequence[arb_mat], x: arb_mat) -> Balls:
    """The forward pass of x [n, n_0] at the current precision, for weights as of `ball_parameters`."""
    inputs, z, a, slopes = [], [], [x.entries()], []
    for layer, w in zip(network.layers, weights, strict=True):
        inputs.append(_append_ones_column(a[-1], x.nrows()))
        z.append((inputs[-1] * w.transpose()).entries())
        values, derivatives = activate_in_balls(layer.activation.name, z[-1], x.nrows())
        a.append(values)
        slopes.append(derivatives)
    return Balls(inputs, z, a[1:], slopes)


def backprop_in_balls(network: Network, weights: Sequence[arb_mat], x: arb_mat, t: arb_mat) -> Balls:
    """The forward pass, BP1 and BP2 at the current precision, for weights as of `ball_parameters`.

    BP1 is δ^L = a^L − t for the canonical output of the cost, and (a^L − t) ⊙ f'(z^L) otherwise, as for half the
    squared error; other pairs of cost and output are not supported.
    """
    exact = forward_in_balls(network, weights, x)
    delta = [list(map(sub, exact.a[-1], t.entries()))]  # BP1
    if not network.is_canonical:
        delta[0] = list(map(mul, delta[0], exact.slopes[-1]))  # BP1
    for l in range(len(weights) - 1, 0, -1):
        sent_back = arb_mat(x.nrows(), weights[l].nrows(), delta[0]) * weights[l]
        entries = sent_back.entries()
        del entries[sent_back.ncols() - 1 :: sent_back.ncols()]  # the column of the bias
        delta.insert(0, list(map(mul, entries, exact.slopes[l - 1])))  # BP2
    return replace(exact, delta=delta)


def gradients_in_balls(exact: Balls) -> list[arb_mat]:
    """[∂C/∂W^l, ∂C/∂b^l] of each layer, [n_l, n_{l-1} + 1], at the current precision."""
    pairs = zip(exact.delta, exact.inputs, strict=True)
    return [arb_mat(a.nrows(), len(d) // a.nrows(), d).transpose() * a for d, a in pairs]  # BP3, BP4


def _append_ones_column(a: list[arb], rows: int) -> arb_mat:
    """n · k balls, row by row, as a matrix [n, k + 1] whose last column is ones."""
    columns = len(a) // rows
    entries = [entry for i in range(0, len(a), columns) for entry in (*a[i : i + columns], ONE)]
    return arb_mat(rows, columns + 1, entries)


def activate_in_balls(name: str, z: list[arb], rows: int) -> tuple[list[arb], list[arb]]:
    """f(z) and f'(z). The slopes of softmax are an empty list: its derivative is a full Jacobian and is not needed."""
    if name == "softmax":
        columns = len(z) // rows
        return [a for i in range(0, len(z), columns) for a in _ball_softmax(z[i : i + columns])], []
    pairs = list(map(BALL_FUNCTIONS[name], z))
    return [a for a, _ in pairs], [slope for _, slope in pairs]


def _ball_softmax(row: list[arb]) -> list[arb]:
    largest = max(row, key=float).mid()  # every shift gives the same result; this one keeps exp in range
    exponentials = [(z - largest).exp() for z in row]
    total = sum(exponentials[1:], exponentials[0])
    return [e / total for e in exponentials]


# Each function returns f(z) and f'(z) from one exponential. Cancellation near 0 loses only a few of many bits.


def _ball_sigmoid(z: arb) -> tuple[arb, arb]:
    e = (-z).exp()
    a = ONE / (ONE + e)
    return a, e * a * a


def _ball_tanh(z: arb) -> tuple[arb, arb]:
    e = (z + z).exp()
    one_minus_a = TWO / (ONE + e)
    return ONE - one_minus_a, e * one_minus_a * one_minus_a


def _ball_softplus(z: arb) -> tuple[arb, arb]:
    e = z.exp()
    return e.log1p(), e / (ONE + e)


def _ball_relu(negative_slope: arb) -> Callable[[arb], tuple[arb, arb]]:
    """z for z > 0, else negative_slope · z, with this slope at 0; both values for a ball that contains 0."""

    def relu(z: arb) -> tuple[arb, arb]:
        if z > ZERO:
            return z, ONE
        if z <= ZERO:
            return z * negative_slope, negative_slope
        return z.union(z * negative_slope), ONE if z.mid() > ZERO else negative_slope

    return relu


BALL_FUNCTIONS: dict[str, Callable[[arb], tuple[arb, arb]]] = {
    "sigmoid": _ball_sigmoid,
    "tanh": _ball_tanh,
    "relu": _ball_relu(ZERO),
    "leaky_relu": _ball_relu(LEAKY_RELU_SLOPE_BALL),
    "softplus": _ball_softplus,
    "identity": lambda z: (z, ONE),
}
