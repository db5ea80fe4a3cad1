"""The rounding bounds against adversarial arithmetic, in every order of summation, on data with equal roundings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from support.crooked import DIRECTIONS, ORDERS, AdversarialArithmetic, U

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.truth.certify import certify, certify_forward, error_over_bound

ROWS = 24


def drawn(widths, rows, random):
    w = [random.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in) for fan_in, fan_out in pairwise(widths)]
    return w, random.normal(size=(rows, widths[0])), random.uniform(size=(rows, widths[-1]))


def one_row_repeated(widths, random):
    w, x, t = drawn(widths, 1, random)
    return w, np.tile(x, (ROWS, 1)), np.tile(t, (ROWS, 1))


def equal_weights(widths, random):
    w, x, t = drawn(widths, ROWS, random)
    return [np.full_like(w_l, 1 / 3 / np.sqrt(w_l.shape[1])) for w_l in w], np.abs(x), t


def two_weights(widths, random):
    """Only two values of weights: the products along paths have few values, and cancel."""
    w, x, t = drawn(widths, ROWS, random)
    return [np.where(w_l > 0, 0.7, -0.700001) / np.sqrt(w_l.shape[1]) for w_l in w], x, t


def powers_of_two(widths, random):
    w, x, t = drawn(widths, ROWS, random)
    return [np.sign(w_l) * 2.0 ** np.floor(np.log2(np.abs(w_l))) for w_l in w], np.sign(x), np.round(t)


def one_hot(widths, random):
    w, _, t = drawn(widths, ROWS, random)
    return w, np.eye(widths[0])[random.integers(widths[0], size=ROWS)], t


def any_numbers(widths, random):
    return drawn(widths, ROWS, random)


def tiny_and_similar(widths, random):
    """Weights so small that all rows have nearly the same outputs: their roundings are similar but not equal."""
    w, x, t = drawn(widths, ROWS, random)
    return [w_l * 1e-3 for w_l in w], x, np.zeros_like(t)


FAMILIES = (one_row_repeated, equal_weights, two_weights, powers_of_two, one_hot, any_numbers, tiny_and_similar)
NETWORKS = (
    ((300, 4), ("identity",), "half_squared_error"),
    ((6, 5, 4, 3), ("tanh", "tanh", "softmax"), "cross_entropy"),
    ((9, 20, 3), ("sigmoid", "sigmoid"), "half_squared_error"),
    ((4, 8, 8, 8, 2), ("identity",) * 4, "half_squared_error"),
    ((5, 70, 6, 3), ("softplus", "softplus", "tanh"), "half_squared_error"),
    ((8, 12, 1), ("relu", "sigmoid"), "binary_cross_entropy"),
)


def made(family, widths, names, cost):
    """The inputs of one family, and their standards."""
    random = np.random.default_rng([len(widths), widths[0]])
    w, x, t = family(widths, random)
    if cost == "cross_entropy":
        t = np.eye(widths[-1])[t.argmax(axis=1)]
    layers = [
        Layer(w_l.astype("float32"), random.normal(size=len(w_l)).astype("float32") / 4, ACTIVATIONS[name])
        for w_l, name in zip(w, names, strict=True)
    ]
    inputs = Inputs(Network(tuple(layers), COSTS[cost]), x.astype("float32"), t.astype("float32"))
    return inputs, certify(inputs, 0.5, "float32") | certify_forward(inputs, "float32")


def worst_ratio(arithmetic, inputs, standards):
    """The largest error / bound of all entries; fails if one is above 1."""
    ratios = {key: error_over_bound(value, standards[key]) for key, value in arithmetic.backprop(inputs).items()}
    for key, ratio in ratios.items():
        assert (ratio <= 1).all(), (key, arithmetic)
    return max(float(ratio.max()) for ratio in ratios.values())


@pytest.mark.parametrize(("widths", "names", "cost"), NETWORKS, ids=lambda value: "-".join(map(str, value)))
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_no_rounding_exceeds_the_bound(family, widths, names, cost):
    inputs, standards = made(family, widths, names, cost)
    ratios = [
        worst_ratio(AdversarialArithmetic(direction, order, other_form), inputs, standards)
        for direction in DIRECTIONS.values()
        for order in ORDERS.values()
        for other_form in (False, True)
    ]
    assert max(ratios) > 0.5  # the bound is at most twice the largest error found


@pytest.mark.parametrize(
    ("back", "order"), [("over paths", "pairwise"), ("forwards", "in turn"), ("forwards", "largest first")]
)
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_sums_over_paths_and_forward_mode_do_not_exceed_the_bound(family, back, order):
    for widths, names, cost in NETWORKS:
        if len(widths) >= 4 and max(widths) < 10:
            inputs, standards = made(family, widths, names, cost)
            for direction in DIRECTIONS.values():
                worst_ratio(AdversarialArithmetic(direction, ORDERS[order], False, back), inputs, standards)


def test_roundings_of_equal_rows_are_not_independent():
    """Why the bounds are not statistical: a float32 sum of 512 equal terms is correct code, but its error is more than
    six standard deviations of a model of independent roundings of the partial sums."""
    rows, worst = 512, 0.0
    for term in np.random.default_rng(0).uniform(1, 2, 40).astype("float32"):
        layer = Layer(np.zeros((1, 1), "float32"), np.array([term]), ACTIVATIONS["identity"])
        zeros = np.zeros((rows, 1), "float32")
        inputs = Inputs(Network((layer,), COSTS["half_squared_error"]), zeros, zeros)
        total = np.float32(0)
        for _ in range(rows):
            total += term
        standard = certify(inputs, 0.5, "float32")["b", 1]
        assert error_over_bound(np.array([float(total)]), standard) <= 1
        deviation = U / 3**0.5 * float(term) * (np.arange(2, rows + 1) ** 2.0).sum() ** 0.5
        worst = max(worst, float(standard.truth.error(np.array([float(total)]))[0]) / deviation)
    assert worst > 6
