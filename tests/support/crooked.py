"""Adversarial arithmetic: correct backprop whose roundings are as large as possible, with a chosen sign and order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.truth.bounds.float_format import FUNCTION_ULPS

U = 2.0**-24
ULPS = FUNCTION_ULPS["float32"]

# The sign of each rounding: constant, by the sign of the result, or by its place in the array.
DIRECTIONS = {
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


def pairwise_sum(add, terms):
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return add(pairwise_sum(add, terms[:middle]), pairwise_sum(add, terms[middle:]))


def largest_first(add, terms):
    """Entry by entry the positive terms first, the largest first, so that partial sums are as large as possible."""
    return in_turn(add, list(-np.sort(-np.stack(terms), axis=0)))


def eight_accumulators(add, terms):
    return pairwise_sum(add, [in_turn(add, terms[i::8]) for i in range(min(8, len(terms)))])


ORDERS = {
    "in turn": in_turn,
    "reversed": lambda add, terms: in_turn(add, terms[::-1]),
    "pairwise": pairwise_sum,
    "eight accumulators": eight_accumulators,
    "largest first": largest_first,
}


@dataclass(frozen=True)
class AdversarialArithmetic:
    """float32 arithmetic, simulated in float64, with the largest error that each operation may have.

    direction: the sign of each rounding. order: the order of sums. other_form: compute f' from the output, and in a
    step subtract the rows from the weights one by one. back: how δ^l is computed, "layer by layer", "over paths" or
    "forwards".
    """

    direction: Callable
    order: Callable
    other_form: bool
    back: str = "layer by layer"

    def perturbed(self, exact, ulps=0.5):
        """The exact result with an error of `ulps` units in the last place."""
        exact = np.asarray(exact, float)
        _, exponent = np.frexp(exact)
        return exact + self.direction(exact) * np.where(exact == 0, 0.0, 2 * ulps * U * np.ldexp(0.5, exponent))

    def sum(self, terms):
        return self.order(lambda left, right: self.perturbed(left + right), terms)

    def product(self, left, right):
        """[n, k] times [k, m], with the terms in the chosen order."""
        return self.sum([self.perturbed(left[:, k, None] * right[None, k]) for k in range(left.shape[1])])

    def function(self, exact):
        return self.perturbed(exact, ULPS)

    def f(self, name, z):
        if name == "sigmoid":
            return self.perturbed(1 / self.perturbed(1 + self.function(np.exp(-z))))
        if name == "tanh":
            return self.function(np.tanh(z))
        if name == "softplus":
            tail = self.function(np.log1p(self.function(np.exp(-np.abs(z)))))
            return np.where(z > 0, self.perturbed(np.maximum(z, 0) + tail), tail)
        if name == "softmax":
            e = self.function(np.exp(self.perturbed(z - z.max(axis=1, keepdims=True))))
            return self.perturbed(e / self.sum([e[:, [k]] for k in range(e.shape[1])]))
        return np.maximum(z, 0) if name == "relu" else z

    def slope(self, name, z, o):
        if name == "sigmoid":
            if self.other_form:
                return self.perturbed(o * self.perturbed(1 - o))
            e = self.function(np.exp(-np.abs(z)))
            denominator = self.perturbed(1 + e)
            return self.perturbed(e / self.perturbed(denominator * denominator))
        if name == "tanh":
            if self.other_form:
                return self.perturbed(1 - self.perturbed(o * o))
            cosh = self.function(np.cosh(z))
            return self.perturbed(1 / self.perturbed(cosh * cosh))
        if name == "softplus":
            return -self.function(np.expm1(-o)) if self.other_form else self.f("sigmoid", z)
        return (z > 0).astype(float) if name == "relu" else np.ones_like(z)

    def hidden_delta(self, delta, w, slopes, l):
        """δ^l by BP2, or unrolled: as a sum over all paths from δ^L, or by forward mode from ∂z^L/∂z^l."""
        if self.back == "layer by layer":
            return self.perturbed(self.product(delta[0], w[l + 1]) * slopes[l])
        if self.back == "over paths":
            return self._over_paths(delta[-1], w, slopes, l)
        return self._forwards(delta[-1], w, slopes, l)

    def _over_paths(self, output_delta, w, slopes, l):
        paths = output_delta[:, :, None]  # [n, n_m, paths from there]
        for m in range(len(w) - 2, l - 1, -1):
            longer = self.perturbed(w[m + 1].T[None, :, :, None] * paths[:, None])
            paths = self.perturbed(longer.reshape(*longer.shape[:2], -1) * slopes[m][:, :, None])
        return self.sum([paths[:, :, k] for k in range(paths.shape[2])])

    def _forwards(self, output_delta, w, slopes, l):
        derivative = self.perturbed(w[l + 1][None] * slopes[l][:, None, :])  # [n, n_m, n_l]
        for m in range(l + 1, len(w) - 1):
            derivative = self.perturbed(slopes[m][:, :, None] * derivative)
            terms = [self.perturbed(w[m + 1][None, :, [k]] * derivative[:, [k]]) for k in range(derivative.shape[1])]
            derivative = self.sum(terms)
        terms = [self.perturbed(output_delta[:, [q]] * derivative[:, q]) for q in range(derivative.shape[1])]
        return self.sum(terms)

    def backprop(self, inputs):
        """All quantities by (name, layer): z, a, delta, w, b and update, the displacement in a step of 0.5."""
        layers = inputs.network.layers
        w = [layer.w.astype(float) for layer in layers]
        a, z = [inputs.x.astype(float)], []
        for layer, w_l in zip(layers, w, strict=True):
            terms = [self.perturbed(a[-1][:, k, None] * w_l[None, :, k]) for k in range(w_l.shape[1])]
            z.append(self.sum([*terms, np.tile(layer.b.astype(float), (len(a[0]), 1))]))
            a.append(self.f(layer.activation.name, z[-1]))
        delta = [self.perturbed(a[-1] - inputs.t)]
        slopes = [self.slope(layer.activation.name, z[l], a[l + 1]) for l, layer in enumerate(layers)]
        if not inputs.network.is_canonical:
            delta[0] = self.perturbed(delta[0] * slopes[-1])
        for l in range(len(layers) - 2, -1, -1):
            delta.insert(0, self.hidden_delta(delta, w, slopes, l))
        found = {}
        for l, layer in enumerate(layers, start=1):
            found["z", l], found["a", l], found["delta", l] = z[l - 1], a[l], delta[l - 1]
            found["w", l] = self.product(delta[l - 1].T, a[l - 1])
            found["b", l] = self.sum(list(delta[l - 1]))
            old = np.column_stack([layer.w, layer.b]).astype(float)
            gradient = np.column_stack([found["w", l], found["b", l]])
            found["update", l] = old - self._stepped(old, gradient, delta[l - 1], a[l - 1])
        return found

    def _stepped(self, old, gradient, delta, a):
        """The weights [W, b] after a step of learning rate 0.5."""
        if not self.other_form:
            return self.perturbed(old - self.perturbed(0.5 * gradient))
        with_ones = np.column_stack([a, np.ones(len(a))])
        rows = self.perturbed(0.5 * self.perturbed(delta[:, :, None] * with_ones[:, None]))
        return self.sum([old, *-rows])
