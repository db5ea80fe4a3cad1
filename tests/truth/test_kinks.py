"""Where rounding decides the branch of a relu, the truth is a set: all of it agrees, and nothing far outside."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from support.networks import fractions, random_inputs
from support.running import functions_of

from harness.judging.verdict import batched, judge_arrays
from harness.model.activations import ACTIVATIONS, LEAKY_RELU_SLOPE
from harness.model.contract import Activation, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.sandbox.sources.find import find_implementations
from harness.truth.bounds import kinks
from harness.truth.certify import certify, certify_forward, error_over_bound

NEGATIVE_SLOPE = {"relu": Fraction(0), "leaky_relu": Fraction(LEAKY_RELU_SLOPE)}
ETA = 0.5


def at_kinks(hidden, seed, units=2, output="identity"):
    """A network of three layers whose first `units` units of each hidden layer are within rounding of their kink.

    The numbers have few bits, so that the weighted inputs before the kinks are computed without rounding.
    """
    random = np.random.default_rng(seed)
    widths = (3, 4, 4, 2)
    layers, x = [], random.integers(1, 9, (1, 3)) / 4
    a = fractions(x)
    for number, (before, after) in enumerate(pairwise(widths)):
        name = output if number == 2 else hidden
        w, b = random.integers(-8, 9, (after, before)) / 8, random.integers(-8, 9, after) / 8
        z = a @ fractions(w).T
        for unit in range(0 if number == 2 else units):
            shift = random.choice([-1, 1]) * 2.0**-52 * random.integers(0, 2)
            b[unit] = -float(z[0, unit]) * (1 + shift)
        layers.append(Layer(w, b, ACTIVATIONS[name]))
        z = z + fractions(b)
        a = np.where(z > 0, z, z * NEGATIVE_SLOPE.get(name, 1))
    return Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, random.integers(0, 9, (1, 2)) / 8)


def exact_gradients(given, slopes):
    """Backprop in fractions, with these slopes of the hidden layers, by layer and unit."""
    layers, a, z = given.network.layers, [fractions(given.x)], []
    for layer in layers:
        z.append(a[-1] @ fractions(layer.w).T + fractions(layer.b))
        negative = NEGATIVE_SLOPE.get(layer.activation.name, 1)
        a.append(np.where(z[-1] > 0, z[-1], z[-1] * negative))
    found, delta = {}, a[-1] - fractions(given.t)
    for l in range(len(layers), 0, -1):
        if l < len(layers):
            delta = (delta @ fractions(layers[l].w)) * slopes[l - 1]
        w = delta.T @ a[l - 1]
        found |= {("delta", l): delta, ("w", l): w, ("b", l): delta.sum(axis=0)}
        found["update", l] = Fraction(ETA) * np.column_stack([w, delta.sum(axis=0)])
    return z, found


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu"])
@pytest.mark.parametrize("seed", range(6))
def test_the_exact_gradient_for_every_choice_of_slopes_agrees(hidden, seed):
    """Two units in each of two layers, and all 16 choices of their slopes, in exact fractions."""
    given = at_kinks(hidden, seed)
    standards, negative = certify(given, ETA, "float64"), NEGATIVE_SLOPE[hidden]
    zeros = [np.full((1, 4), negative)] * 2
    z, _ = exact_gradients(given, zeros)
    forward = certify_forward(given, "float64")
    chosen = 0
    for choice in product([negative, Fraction(1)], repeat=4):
        slopes = [np.where(layer > 0, Fraction(1), negative) for layer in z[:2]]
        slopes[0][0, :2], slopes[1][0, :2] = choice[:2], choice[2:]
        _, gradients = exact_gradients(given, slopes)
        for key, standard in standards.items():
            assert not standard.undecidable.any()
            ratio = error_over_bound(gradients[key].astype(float), standard)
            assert (ratio <= 1).all(), (choice, key)
        chosen += 1
    assert chosen == 16
    assert (np.abs(z[0][0, :2].astype(float)) <= forward["z", 1].bound[0, :2]).all()
    assert standards["delta", 1].changes.width[0, :2].all()


@pytest.mark.parametrize("seed", range(6))
def test_values_outside_the_set_are_out_of_bounds(seed):
    """Where the set is wider than the bound: the gradient of a weight from a unit near its kink is about 0 anyway."""
    given = at_kinks("relu", seed)
    for (name, l), standard in certify(given, ETA, "float64").items():
        width = np.broadcast_to(standard.changes.width, standard.bound.shape)
        truth = standard.truth.high
        for value in (truth + 2 * width, truth - 2 * width):
            ratio = error_over_bound(value, standard)
            assert (ratio[width > 1.01 * standard.bound] > 1).all(), (name, l)
            assert (ratio[width == 0] <= 1).all()


def test_changes_of_two_kinks_in_one_row_add_up():
    """δ^1 = (δ^2 W^2) f'(z^1) for two ambiguous units of layer 2 and one of layer 1, by hand."""
    relu, identity = ACTIVATIONS["relu"], ACTIVATIONS["identity"]
    layers = (
        Layer(np.array([[1.0]]), np.array([-1.0]), relu),
        Layer(np.array([[1.0], [1.0]]), np.array([0.0, 0.0]), relu),
        Layer(np.array([[3.0, -5.0]]), np.array([0.0]), identity),
    )
    given = Inputs(Network(layers, COSTS["half_squared_error"]), np.array([[1 + 2.0**-52]]), np.array([[-2.0]]))
    changes = certify(given, ETA, "float64")["delta", 1].changes
    # δ^3 = 2; the units of layer 2 send back 6 and −10; the truth has all slopes 1 and is −4.
    assert changes.lower[0, 0] == pytest.approx(-6)
    assert changes.upper[0, 0] == pytest.approx(10)


def large(seed, dtype="float32", widths=(200, 128, 96, 10), rows=96):
    given = random_inputs(widths, "relu", "softmax", "cross_entropy", rows, seed, dtype)
    t = np.eye(widths[-1], dtype=dtype)[np.random.default_rng(seed).integers(widths[-1], size=rows)]
    return replace(given, t=t)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["batched_matrices", "torch_autograd"])
def test_a_large_relu_network_in_float32_is_decided_without_a_false_alarm(name, seed):
    given = large(seed)
    [implementation] = find_implementations([name])
    gradients = functions_of(implementation).backprop(given.network, given.x, given.t)
    standards = certify(given, ETA, "float32")
    assert not any(standard.undecidable.any() for standard in standards.values())
    assert standards["w", 1].changes.width.any()
    for l, (w, b) in enumerate(zip(gradients.w, gradients.b, strict=True), start=1):
        for key, value in ((("w", l), w), (("b", l), b)):
            assert (error_over_bound(np.asarray(value, float), standards[key]) <= 1).all()


def test_a_wrong_layer_of_a_large_relu_network_is_seen():
    """Twice the gradient of one layer, though every entry depends on some unit near its kink."""
    given = large(1)
    with np.errstate(all="ignore"):
        shown = Textbook(given).gradients()
    standards = certify(given, ETA, "float32")
    for l in (1, 2, 3):
        doubled = error_over_bound(2 * shown.w[l - 1].astype(float), standards["w", l])
        assert (doubled > 1).mean() > 0.2, l


def test_rows_with_too_many_kinks_to_follow_have_no_bound(monkeypatch):
    monkeypatch.setattr(kinks, "MOST_COMPONENTS", 0)
    standards = certify(at_kinks("relu", 1), ETA, "float64")
    assert standards["delta", 1].undecidable.all()
    assert standards["w", 1].undecidable.all()
    assert not standards["delta", 2].undecidable.any()


def with_slope_at_zero(activation, slope_at_zero):
    """The same activation with another slope at exactly 0."""
    return Activation(
        activation.name,
        activation.f,
        lambda z: np.where(z == 0, slope_at_zero, activation.slope(z)),
        None,
    )


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu"])
def test_any_subgradient_at_an_exact_zero_agrees_if_it_is_allowed(hidden):
    """A row of zeros without biases: PyTorch's slope by default, and any from f'(−1) to f'(1) if it is allowed."""
    given = random_inputs([3, 5, 4, 2], hidden, "identity", "half_squared_error", 3, seed=4)
    given.x[1] = 0
    for layer in given.network.layers:
        layer.b[:] = 0
    strict, allowed = (certify(given, ETA, "float64", any_subgradient=flag) for flag in (False, True))
    for slope, by_default, if_allowed in (
        (NEGATIVE_SLOPE[hidden], True, True),
        (0.5, False, True),
        (1, False, True),
        (2, False, False),
    ):
        layers = tuple(
            replace(layer, activation=with_slope_at_zero(layer.activation, float(slope)))
            if layer.activation.name == hidden
            else layer
            for layer in given.network.layers
        )
        shown = Textbook(replace(given, network=replace(given.network, layers=layers))).gradients()
        values = {("b", l): b for l, b in enumerate(shown.b, 1)} | {
            ("delta", l): d for l, d in enumerate(shown.delta, 1)
        }
        for standards, agrees in ((strict, by_default), (allowed, if_allowed)):
            judged = judge_arrays(values, batched(standards))
            assert all(one.verdict == "agrees" for one in judged.values()) == agrees, slope


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("hidden", ["identity", "relu", "leaky_relu", "tanh"])
def test_a_row_of_zeros_is_exactly_0_in_every_layer(hidden, dtype):
    """Without biases, every arithmetic meets the kink of the last layer at exactly 0, so its slope there is certain."""
    given = random_inputs([3, 5, 4, 4, 2], hidden, "leaky_relu", "half_squared_error", 2, seed=4, dtype=dtype)
    given.x[1] = 0
    for layer in given.network.layers:
        layer.b[:] = 0
    standards = certify(given, ETA, dtype)
    assert not any(standard.undecidable.any() or standard.changes.width.any() for standard in standards.values())


@pytest.mark.parametrize("hidden", ["relu", "leaky_relu"])
@pytest.mark.parametrize(("dtype", "small"), [("float64", 1e-200), ("float32", 1e-30)])
def test_a_positive_number_that_underflows_before_a_relu_has_either_slope(hidden, dtype, small):
    """w x > 0 is less than the smallest number, so code computes z = 0 and takes the slope of negative numbers."""
    layers = [
        Layer(np.array([[w]], dtype), np.zeros(1, dtype), ACTIVATIONS[name])
        for w, name in ((small, hidden), (1.0, "identity"))
    ]
    x, t = np.array([[small]], dtype), np.ones((1, 1), dtype)
    given = Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, t)
    standards = certify(given, ETA, dtype)
    for slope in (float(NEGATIVE_SLOPE[hidden]), 1.0):
        assert error_over_bound(np.array([-slope]), standards["b", 1]) <= 1
        assert error_over_bound(np.array([[-slope * float(x[0, 0])]]), standards["w", 1]) <= 1
    assert error_over_bound(np.array([2.0]), standards["b", 1]) > 1


def test_a_product_that_underflows_in_forward_mode_is_within_the_bound():
    """x w^2 underflows before it is multiplied by the large w^3; backward, w^3 w^2 is in range."""
    layers = [Layer(np.array([[w]]), np.zeros(1), ACTIVATIONS["identity"]) for w in (1.0, 1e-200, 1e250)]
    given = Inputs(Network(tuple(layers), COSTS["half_squared_error"]), np.array([[1e-200]]), np.array([[1e50]]))
    standards = certify(given, ETA, "float64")
    for name in ("dual_numbers", "batched_matrices"):
        [implementation] = find_implementations([name])
        gradients = functions_of(implementation).backprop(given.network, given.x, given.t)
        assert error_over_bound(np.asarray(gradients.w[0], float), standards["w", 1]) <= 1, name
