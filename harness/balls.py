"""Backprop in ball arithmetic: every number is a midpoint and a radius that are proved to contain the exact value.

Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Transactions on Computers 66,
2017. The activations and costs are this module's own, so that a slip in those of the harness cannot hide.

Conventions where the function has a kink: relu'(0) = 0 and leaky_relu'(0) = 0.01, as in PyTorch, and only where the
weighted input is exactly 0. A ball that merely contains the kink gives a slope that is a ball too, from one branch to
the other, and so an enclosure too wide to decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat

from harness.contract import Array, Network

ONE = arb(1)
LEAK = arb(0.01)  # the float nearest to 0.01, which is what every implementation is given


@dataclass(frozen=True, eq=False)
class Balls:
    """z^1..z^L, a^0..a^L and δ^1..δ^L, each [n, n_l]."""

    z: tuple[arb_mat, ...]
    a: tuple[arb_mat, ...]
    delta: tuple[arb_mat, ...]


def matrix(array: Array) -> arb_mat:
    """The floats of an array [m, n], exactly."""
    rows, columns = array.shape
    return arb_mat(rows, columns, array.astype(np.float64).ravel().tolist())


def parameters(network: Network) -> list[arb_mat]:
    """For each layer the weights with the bias as last column, [n_l, n_{l-1} + 1], exactly."""
    return [matrix(np.column_stack([layer.w, layer.b])) for layer in network.layers]


def with_ones(a: arb_mat) -> arb_mat:
    """[n, k] -> [n, k + 1]: the column of ones that meets the bias."""
    entries = [entry for row in a.tolist() for entry in (*row, ONE)]
    return arb_mat(a.nrows(), a.ncols() + 1, entries)


def backprop(network: Network, weights: Sequence[arb_mat], x: arb_mat, t: arb_mat) -> Balls:
    """Forward pass, BP1 and BP2 with the current precision, for these weights (see `parameters`)."""
    layers = network.layers
    a, z, slopes = [x], [], []
    for layer, w in zip(layers, weights, strict=True):
        z.append(with_ones(a[-1]) * w.transpose())
        values, derivatives = activate(layer.activation.name, z[-1])
        a.append(values)
        slopes.append(derivatives)

    delta = [a[-1] - t]  # BP1
    if not network.is_canonical:
        delta[0] = times(delta[0], slopes[-1])  # BP1
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0] * weights[l], slopes[l - 1]))  # BP2
    return Balls(tuple(z), tuple(a), tuple(delta))


def times(wide: arb_mat, slopes: arb_mat | None) -> arb_mat:
    """Entry by entry; a last column of `wide` that `slopes` lacks belongs to the bias and is left out."""
    assert slopes is not None, "softmax is met with its own cost only"
    rows = zip(wide.tolist(), slopes.tolist(), strict=True)
    products = [one * slope for row, of_row in rows for one, slope in zip(row, of_row, strict=False)]
    return arb_mat(slopes.nrows(), slopes.ncols(), products)


def activate(name: str, z: arb_mat) -> tuple[arb_mat, arb_mat | None]:
    """f(z) and f'(z); no slopes for softmax, whose derivative is a full Jacobian and is not needed."""
    shape = z.nrows(), z.ncols()
    if name == "softmax":
        return arb_mat(*shape, [a for row in z.tolist() for a in _softmax(row)]), None
    pairs = [FUNCTIONS[name](entry) for entry in z.entries()]
    return arb_mat(*shape, [a for a, _ in pairs]), arb_mat(*shape, [slope for _, slope in pairs])


def _softmax(row: list[arb]) -> list[arb]:
    largest = max(row, key=float).mid()  # any shift is right; this one keeps exp in range at every logit
    exponentials = [(z - largest).exp() for z in row]
    total = sum(exponentials[1:], exponentials[0])
    return [one / total for one in exponentials]


# Each gives f(z) and f'(z) from one exponential; what cancels near 0 costs a few of many bits.


def _sigmoid(z: arb) -> tuple[arb, arb]:
    e = (-z).exp()
    a = 1 / (1 + e)
    return a, e * a * a


def _tanh(z: arb) -> tuple[arb, arb]:
    e = (2 * z).exp()
    half = 1 / (1 + e)
    return 1 - 2 * half, 4 * e * half * half


def _softplus(z: arb) -> tuple[arb, arb]:
    e = z.exp()
    return e.log1p(), e / (1 + e)


def _hinge(leak: arb) -> Callable[[arb], tuple[arb, arb]]:
    """z above 0 and leak · z below, with the slope `leak` at 0 itself; on a ball that holds 0, all of both."""

    def hinge(z: arb) -> tuple[arb, arb]:
        if z > 0:
            return z, ONE
        if z <= 0:
            return z * leak, leak
        return z.union(z * leak), leak.union(ONE)

    return hinge


FUNCTIONS: dict[str, Callable[[arb], tuple[arb, arb]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _hinge(arb(0)),
    "leaky_relu": _hinge(LEAK),
    "softplus": _softplus,
    "identity": lambda z: (z, ONE),
}
