"""Clips and epsilons are found from the numbers, with their size."""

from __future__ import annotations

import numpy as np
import pytest
from support.observing import backprop, observed

from harness.judging.arithmetic.named import named_arithmetic


def after_output(change):
    """A right backprop but for δ^L of a cost with a logarithm, which is `change`(a, t, name of the cost)."""

    def compute(inputs):
        network = inputs.network

        class Output:
            """Stands for the targets: a − t becomes the changed δ^L."""

            __array_ufunc__ = None

            def __rsub__(self, a):
                return change(a, inputs.t, network.cost.name)

        if network.cost.name == "half_squared_error":
            return backprop(inputs)
        return backprop(type(inputs)(network, inputs.x, Output()))

    return compute


def through_softmax(gradient, a):
    return a * (gradient - (gradient * a).sum(axis=1, keepdims=True))


def keras(eps):
    def change(a, t, cost):
        p = np.clip(a, eps, 1 - eps)
        if cost == "cross_entropy":
            return through_softmax(-t / p, a)
        return (p - t) / (p * (1 - p)) * a * (1 - a)

    return change


def epsilon(eps):
    def change(a, t, cost):
        if cost == "cross_entropy":
            return through_softmax(-t / (a + eps), a)
        return (a - t) / (a * (1 - a) + eps) * a * (1 - a)

    return change


def clipped_output(eps):
    return lambda a, t, cost: np.clip(a, eps, 1 - eps) - t


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("eps", [1e-7, 1e-12, 3.3e-8])
@pytest.mark.parametrize("form", [keras, epsilon, clipped_output], ids=lambda one: one.__name__)
def test_a_clip_or_epsilon_is_found_with_its_size(form, eps, seed):
    names = ("w", "b") if form is clipped_output else ("w", "b", "delta")
    found = named_arithmetic(observed(after_output(form(eps)), seed=seed, names=names))
    assert found.value == eps
    assert found.name == ("an epsilon" if form is epsilon else "a clip of the probabilities")
    assert f"{eps:.3g}" in found.reason


def test_another_denominator_is_no_clip():
    def change(a, t, cost):
        return (a - t) / (a * a + 1e-7) * a if cost == "cross_entropy" else a - t

    assert named_arithmetic(observed(after_output(change))) is None


@pytest.mark.parametrize(
    "case",
    [
        "digits-64-12-10-relu-softmax-batch8",
        "breast_cancer-30-6-1-relu-sigmoid-bce-batch8",
        "random-6-8-4-softplus-sigmoid-bce-batch8",
    ],
)
def test_a_single_wrong_probability_is_no_clip(case):
    """A size can always be chosen that explains it, of a clip of the probabilities or of z."""
    seen = []

    def record(a, t, cost):
        seen.extend(np.minimum(a, 1 - a).flat)
        return a - t

    observed(after_output(record), case)
    cases = observed(after_output(clipped_output(sum(sorted(seen)[:2]) / 2)), case, names=("w", "b"))[:1]
    assert cases[0].out_of_bounds["b", len(cases[0].inputs.network.layers)].sum() == 1
    assert named_arithmetic(cases) is None
