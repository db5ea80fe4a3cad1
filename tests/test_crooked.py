"""The rounding bounds against an adversary: right code each of whose roundings is as large as it may be, and goes the
way that it pleases, in every order of summation, on data whose roundings are alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from harness.activations import ACTIVATIONS
from harness.arithmetic import FUNCTION_ULPS
from harness.certify import certify, certify_forward, excess
from harness.contract import Inputs, Layer, Network
from harness.costs import COSTS

U = 2.0**-24
ULPS = FUNCTION_ULPS["float32"]
ROWS = 24

# Which way a result is rounded: by its sign, or by its place.
WAYS = {
    "up": lambda x: 1.0,
    "down": lambda x: -1.0,
    "away from 0": np.sign,
    "towards 0": lambda x: -np.sign(x),
    "by its place": lambda x: np.where(np.arange(x.size).reshape(x.shape) % 2, 1.0, -1.0),
}


def in_turn(add, terms):
    total = terms[0]
    for term in terms[1:]:
        total = add(total, term)
    return total


def by_halves(add, terms):
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return add(by_halves(add, terms[:middle]), by_halves(add, terms[middle:]))


def by_size(add, terms):
    """Entry by entry the positive terms first, the largest first: the partial sums grow as far as they can."""
    return in_turn(add, list(-np.sort(-np.stack(terms), axis=0)))


ORDERS = {
    "in turn": in_turn,
    "reversed": lambda add, terms: in_turn(add, terms[::-1]),
    "by halves": by_halves,
    "in eights": lambda add, terms: by_halves(add, [in_turn(add, terms[i::8]) for i in range(min(8, len(terms)))]),
    "by size": by_size,
}


@dataclass(frozen=True)
class Crooked:
    """Arithmetic with float32's unit roundoff, done in float64 and then off by all that rounding allows. In the other
    form f' is computed from the output, and a step adds the rows to the weights one by one."""

    way: Callable
    order: Callable
    other_form: bool
    back: str = "layer by layer"

    def off(self, exact, ulps=0.5):
        exact = np.asarray(exact, float)
        _, exponent = np.frexp(exact)
        return exact + self.way(exact) * np.where(exact == 0, 0.0, 2 * ulps * U * np.ldexp(0.5, exponent))

    def sum(self, terms):
        return self.order(lambda one, other: self.off(one + other), terms)

    def product(self, one, other):
        """[n, k] times [k, m], the terms in the order that is asked for."""
        return self.sum([self.off(one[:, k, None] * other[None, k]) for k in range(one.shape[1])])

    def function(self, exact):
        return self.off(exact, ULPS)

    def f(self, name, z):
        if name == "sigmoid":
            return self.off(1 / self.off(1 + self.function(np.exp(-z))))
        if name == "tanh":
            return self.function(np.tanh(z))
        if name == "softplus":
            tail = self.function(np.log1p(self.function(np.exp(-np.abs(z)))))
            return np.where(z > 0, self.off(np.maximum(z, 0) + tail), tail)
        if name == "softmax":
            e = self.function(np.exp(self.off(z - z.max(axis=1, keepdims=True))))
            return self.off(e / self.sum([e[:, [k]] for k in range(e.shape[1])]))
        return np.maximum(z, 0) if name == "relu" else z

    def slope(self, name, z, o):
        if name == "sigmoid":
            if self.other_form:
                return self.off(o * self.off(1 - o))
            e = self.function(np.exp(-np.abs(z)))
            sum_ = self.off(1 + e)
            return self.off(e / self.off(sum_ * sum_))
        if name == "tanh":
            if self.other_form:
                return self.off(1 - self.off(o * o))
            cosh = self.function(np.cosh(z))
            return self.off(1 / self.off(cosh * cosh))
        if name == "softplus":
            return -self.function(np.expm1(-o)) if self.other_form else self.f("sigmoid", z)
        return (z > 0).astype(float) if name == "relu" else np.ones_like(z)

    def sent_back(self, delta, w, slopes, l):
        """BP2, or what it is unrolled to: δ^l from δ^L over every path, or from ∂z^L/∂z^l."""
        if self.back == "layer by layer":
            return self.off(self.product(delta[0], w[l + 1]) * slopes[l])
        if self.back == "over paths":
            paths = delta[-1][:, :, None]  # [n, n_m, paths from there]
            for m in range(len(w) - 2, l - 1, -1):
                longer = self.off(w[m + 1].T[None, :, :, None] * paths[:, None])
                paths = self.off(longer.reshape(*longer.shape[:2], -1) * slopes[m][:, :, None])
            return self.sum([paths[:, :, k] for k in range(paths.shape[2])])
        derivative = self.off(w[l + 1][None] * slopes[l][:, None, :])  # [n, n_m, n_l]
        for m in range(l + 1, len(w) - 1):
            derivative = self.off(slopes[m][:, :, None] * derivative)
            terms = [self.off(w[m + 1][None, :, [k]] * derivative[:, [k]]) for k in range(derivative.shape[1])]
            derivative = self.sum(terms)
        return self.sum([self.off(delta[-1][:, [q]] * derivative[:, q]) for q in range(derivative.shape[1])])

    def backprop(self, inputs):
        layers = inputs.network.layers
        w = [layer.w.astype(float) for layer in layers]
        a, z = [inputs.x.astype(float)], []
        for layer, w_l in zip(layers, w, strict=True):
            terms = [self.off(a[-1][:, k, None] * w_l[None, :, k]) for k in range(w_l.shape[1])]
            z.append(self.sum([*terms, np.tile(layer.b.astype(float), (len(a[0]), 1))]))
            a.append(self.f(layer.activation.name, z[-1]))
        delta = [self.off(a[-1] - inputs.t)]
        slopes = [self.slope(one.activation.name, z[l], a[l + 1]) for l, one in enumerate(layers)]
        if not inputs.network.is_canonical:
            delta[0] = self.off(delta[0] * slopes[-1])
        for l in range(len(layers) - 2, -1, -1):
            delta.insert(0, self.sent_back(delta, w, slopes, l))
        found = {}
        for l, layer in enumerate(layers, start=1):
            found["z", l], found["a", l], found["delta", l] = z[l - 1], a[l], delta[l - 1]
            found["w", l] = self.product(delta[l - 1].T, a[l - 1])
            found["b", l] = self.sum(list(delta[l - 1]))
            old = np.column_stack([layer.w, layer.b]).astype(float)
            gradient = np.column_stack([found["w", l], found["b", l]])
            new = self.off(old - self.off(0.5 * gradient))
            if self.other_form:
                wide = np.column_stack([a[l - 1], np.ones(len(a[0]))])
                rows = self.off(0.5 * self.off(delta[l - 1][:, :, None] * wide[:, None]))
                new = self.sum([old, *-rows])
            found["update", l] = old - new
        return found


def drawn(widths, rows, random):
    w = [random.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in) for fan_in, fan_out in pairwise(widths)]
    return w, random.normal(size=(rows, widths[0])), random.uniform(size=(rows, widths[-1]))


def one_row_repeated(widths, random):
    w, x, t = drawn(widths, 1, random)
    return w, np.tile(x, (ROWS, 1)), np.tile(t, (ROWS, 1))


def equal_weights(widths, random):
    w, x, t = drawn(widths, ROWS, random)
    return [np.full_like(one, 1 / 3 / np.sqrt(one.shape[1])) for one in w], np.abs(x), t


def two_weights(widths, random):
    """All paths have the same few products, and cancel."""
    w, x, t = drawn(widths, ROWS, random)
    return [np.where(one > 0, 0.7, -0.700001) / np.sqrt(one.shape[1]) for one in w], x, t


def powers_of_two(widths, random):
    w, x, t = drawn(widths, ROWS, random)
    return [np.sign(one) * 2.0 ** np.floor(np.log2(np.abs(one))) for one in w], np.sign(x), np.round(t)


def one_hot(widths, random):
    w, _, t = drawn(widths, ROWS, random)
    return w, np.eye(widths[0])[random.integers(widths[0], size=ROWS)], t


def any_numbers(widths, random):
    return drawn(widths, ROWS, random)


def tiny_and_alike(widths, random):
    """Weights so small that all rows have nearly the same outputs: their roundings are alike without being equal."""
    w, x, t = drawn(widths, ROWS, random)
    return [one * 1e-3 for one in w], x, np.zeros_like(t)


FAMILIES = (one_row_repeated, equal_weights, two_weights, powers_of_two, one_hot, any_numbers, tiny_and_alike)
NETWORKS = (
    ((300, 4), ("identity",), "half_squared_error"),
    ((6, 5, 4, 3), ("tanh", "tanh", "softmax"), "cross_entropy"),
    ((9, 20, 3), ("sigmoid", "sigmoid"), "half_squared_error"),
    ((4, 8, 8, 8, 2), ("identity",) * 4, "half_squared_error"),
    ((5, 70, 6, 3), ("softplus", "softplus", "tanh"), "half_squared_error"),
    ((8, 12, 1), ("relu", "sigmoid"), "binary_cross_entropy"),
)


def made(family, widths, names, cost):
    """The network and the data of one family, and what right code may give on them."""
    random = np.random.default_rng([len(widths), widths[0]])
    w, x, t = family(widths, random)
    if cost == "cross_entropy":
        t = np.eye(widths[-1])[t.argmax(axis=1)]
    layers = [
        Layer(one.astype("float32"), random.normal(size=len(one)).astype("float32") / 4, ACTIVATIONS[name])
        for one, name in zip(w, names, strict=True)
    ]
    inputs = Inputs(Network(tuple(layers), COSTS[cost]), x.astype("float32"), t.astype("float32"))
    return inputs, certify(inputs, 0.5, "float32") | certify_forward(inputs, "float32")


def furthest(crooked, inputs, standards):
    """The worst error in units of its bound; no entry may be beyond."""
    units = {key: excess(value, standards[key]) for key, value in crooked.backprop(inputs).items()}
    for key, one in units.items():
        assert (one <= 1).all(), (key, crooked)
    return max(float(one.max()) for one in units.values())


@pytest.mark.parametrize(("widths", "names", "cost"), NETWORKS, ids=lambda one: "-".join(map(str, one)))
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_no_rounding_leads_beyond_the_bound(family, widths, names, cost):
    inputs, standards = made(family, widths, names, cost)
    worst = [
        furthest(Crooked(way, order, other_form), inputs, standards)
        for way in WAYS.values()
        for order in ORDERS.values()
        for other_form in (False, True)
    ]
    assert max(worst) > 0.5  # the adversary comes near: the bound is no larger than it has to be


@pytest.mark.parametrize(
    ("back", "order"), [("over paths", "by halves"), ("forwards", "in turn"), ("forwards", "by size")]
)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_nor_do_sums_over_paths_and_forward_mode(family, back, order):
    for widths, names, cost in NETWORKS:
        if len(widths) >= 4 and max(widths) < 10:
            inputs, standards = made(family, widths, names, cost)
            for way in WAYS.values():
                furthest(Crooked(way, ORDERS[order], False, back), inputs, standards)


def test_roundings_of_equal_rows_are_not_independent():
    """Why no statistics of roundings are used: a plain float32 sum of 512 equal terms errs by more than six standard
    deviations of independent roundings of its partial sums, and is right."""
    rows, worst = 512, 0.0
    for term in np.random.default_rng(0).uniform(1, 2, 40).astype("float32"):
        layer = Layer(np.zeros((1, 1), "float32"), np.array([term]), ACTIVATIONS["identity"])
        nothing = np.zeros((rows, 1), "float32")
        inputs = Inputs(Network((layer,), COSTS["half_squared_error"]), nothing, nothing)
        total = np.float32(0)
        for _ in range(rows):
            total += term
        standard = certify(inputs, 0.5, "float32")["b", 1]
        assert excess(np.array([float(total)]), standard) <= 1
        deviation = U / 3**0.5 * float(term) * (np.arange(2, rows + 1) ** 2.0).sum() ** 0.5
        worst = max(worst, float(standard.truth.error(np.array([float(total)]))[0]) / deviation)
    assert worst > 6
