"""Backprop in ball arithmetic: every number is a midpoint and a radius that are proved to contain the exact value.

Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Transactions on Computers 66,
2017. The activations and costs are this module's own, so that a slip in those of the harness cannot hide.

Conventions where the function has a kink: relu'(0) = 0 and leaky_relu'(0) = 0.01, as in PyTorch, and only where the
weighted input is exactly 0. A ball that merely contains the kink gives a slope that is a ball too, from one branch to
the other, and so an enclosure too wide to decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import mul, sub

import numpy as np
from flint import arb, arb_mat

from harness.model.contract import Array, Network

# An operation on two balls takes half as long as one on a ball and an integer.
ZERO, ONE, TWO = arb(0), arb(1), arb(2)
LEAK = arb(0.01)  # the float nearest to 0.01, which is what every implementation is given


@dataclass(frozen=True, eq=False)
class Balls:
    """z^l, a^l, f'(z^l) and δ^l for l = 1..L, each n · n_l balls, row by row; and the inputs of each layer, a^{l-1}
    beside a column of ones that meets the bias, [n, n_{l-1} + 1]. A softmax has no slopes; δ comes with BP1."""

    inputs: Sequence[arb_mat]
    z: Sequence[list[arb]]
    a: Sequence[list[arb]]
    slopes: Sequence[list[arb]]
    delta: Sequence[list[arb]] = ()


def matrix(array: Array) -> arb_mat:
    """The floats of an array [m, n], exactly."""
    rows, columns = array.shape
    return arb_mat(rows, columns, array.astype(np.float64).ravel().tolist())


def parameters(network: Network) -> list[arb_mat]:
    """For each layer the weights with the bias as last column, [n_l, n_{l-1} + 1], exactly."""
    return [matrix(np.column_stack([layer.w, layer.b])) for layer in network.layers]


def forward(network: Network, weights: Sequence[arb_mat], x: arb_mat) -> Balls:
    """The forward pass with the current precision, for these weights (see `parameters`)."""
    inputs, z, a, slopes = [], [], [x.entries()], []
    for layer, w in zip(network.layers, weights, strict=True):
        inputs.append(_with_ones(a[-1], x.nrows()))
        z.append((inputs[-1] * w.transpose()).entries())
        values, derivatives = activate(layer.activation.name, z[-1], x.nrows())
        a.append(values)
        slopes.append(derivatives)
    return Balls(inputs, z, a[1:], slopes)


def backprop(network: Network, weights: Sequence[arb_mat], x: arb_mat, t: arb_mat) -> Balls:
    """The forward pass, BP1 and BP2 with the current precision, for these weights."""
    exact = forward(network, weights, x)
    delta = [list(map(sub, exact.a[-1], t.entries()))]  # BP1
    if not network.is_canonical:
        delta[0] = list(map(mul, delta[0], exact.slopes[-1]))  # BP1
    for l in range(len(weights) - 1, 0, -1):
        sent_back = arb_mat(x.nrows(), weights[l].nrows(), delta[0]) * weights[l]
        entries = sent_back.entries()
        del entries[sent_back.ncols() - 1 :: sent_back.ncols()]  # nothing goes back to a bias
        delta.insert(0, list(map(mul, entries, exact.slopes[l - 1])))  # BP2
    return replace(exact, delta=delta)


def gradients(exact: Balls) -> list[arb_mat]:
    """∂C/∂W^l and ∂C/∂b^l beside each other, [n_l, n_{l-1} + 1], with the current precision."""
    pairs = zip(exact.delta, exact.inputs, strict=True)
    return [arb_mat(a.nrows(), len(d) // a.nrows(), d).transpose() * a for d, a in pairs]  # BP3, BP4


def _with_ones(a: list[arb], rows: int) -> arb_mat:
    """n · k balls as [n, k + 1], the last column of ones."""
    columns = len(a) // rows
    entries = [entry for i in range(0, len(a), columns) for entry in (*a[i : i + columns], ONE)]
    return arb_mat(rows, columns + 1, entries)


def activate(name: str, z: list[arb], rows: int) -> tuple[list[arb], list[arb]]:
    """f(z) and f'(z); no slopes for softmax, whose derivative is a full Jacobian and is not needed."""
    if name == "softmax":
        columns = len(z) // rows
        return [a for i in range(0, len(z), columns) for a in _softmax(z[i : i + columns])], []
    pairs = list(map(FUNCTIONS[name], z))
    return [a for a, _ in pairs], [slope for _, slope in pairs]


def _softmax(row: list[arb]) -> list[arb]:
    largest = max(row, key=float).mid()  # any shift is right; this one keeps exp in range at every logit
    exponentials = [(z - largest).exp() for z in row]
    total = sum(exponentials[1:], exponentials[0])
    return [one / total for one in exponentials]


# Each gives f(z) and f'(z) from one exponential; what cancels near 0 costs a few of many bits.


def _sigmoid(z: arb) -> tuple[arb, arb]:
    e = (-z).exp()
    a = ONE / (ONE + e)
    return a, e * a * a


def _tanh(z: arb) -> tuple[arb, arb]:
    e = (z + z).exp()
    rest = TWO / (ONE + e)
    return ONE - rest, e * rest * rest


def _softplus(z: arb) -> tuple[arb, arb]:
    e = z.exp()
    return e.log1p(), e / (ONE + e)


def _hinge(leak: arb) -> Callable[[arb], tuple[arb, arb]]:
    """z above 0 and leak · z below, with the slope `leak` at 0 itself; on a ball that holds 0, all of both."""

    def hinge(z: arb) -> tuple[arb, arb]:
        if z > ZERO:
            return z, ONE
        if z <= ZERO:
            return z * leak, leak
        return z.union(z * leak), leak.union(ONE)

    return hinge


FUNCTIONS: dict[str, Callable[[arb], tuple[arb, arb]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _hinge(ZERO),
    "leaky_relu": _hinge(LEAK),
    "softplus": _softplus,
    "identity": lambda z: (z, ONE),
}
