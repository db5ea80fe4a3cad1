"""An adversary: right backprop in an arithmetic each of whose roundings is as large as it may be, and goes the way that
it pleases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.truth.bounds.float_format import FUNCTION_ULPS

U = 2.0**-24
ULPS = FUNCTION_ULPS["float32"]

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
