"""Truth by slices compared with truth by balls of 256 bits, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import HIDDEN_ACTIVATIONS, exactly, fractions, random_inputs

from harness.model.contract import Inputs
from harness.truth import gradient
from harness.truth.certify import DECISIVE_RADIUS, certify
from harness.truth.enclosures import ball_backprop, enclosure_backprop
from harness.truth.enclosures.enclosure import Enclosure

OUTPUTS = [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("tanh", "half_squared_error")]
OUTPUTS += [("identity", "half_squared_error"), ("softplus", "half_squared_error")]


@settings(max_examples=150)
@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=5),
    st.sampled_from(HIDDEN_ACTIVATIONS),
    st.sampled_from(OUTPUTS),
    st.integers(1, 6),
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 3, 12, 40]),
)
def test_slices_and_balls_enclose_the_same_values(widths, hidden, output, batch, seed, spread):
    inputs = random_inputs(widths, hidden, *output, batch, seed)
    random = np.random.default_rng(seed)
    layers = inputs.network.layers
    scaled = [layer.w * 2.0 ** random.integers(-spread, spread // 3 + 1, layer.w.shape) for layer in layers]
    inputs = Inputs(inputs.network.with_parameters(scaled, [layer.b for layer in layers]), inputs.x, inputs.t)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        by_slices, by_balls = enclosure_backprop.backprop_in_enclosures(inputs), gradient.enclose_in_balls(inputs, 256)
    compared = 0
    for name in ("a", "delta", "parameters"):
        for sliced, balls in zip(getattr(by_slices, name), getattr(by_balls, name), strict=True):
            known = np.isfinite(sliced.radius) & np.isfinite(balls.radius)
            gap = np.abs((sliced.high - balls.high) + (sliced.low - balls.low))
            # The second term covers the rounding of this comparison.
            assert (gap <= (sliced.radius + balls.radius) * (1 + 1e-9) + 2.0**-104 * np.abs(sliced.high))[known].all()
            compared += int(known.sum())
    assert compared


@pytest.mark.parametrize("hidden", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output[0])
def test_decides_every_entry_of_an_ordinary_network(hidden, output):
    """The enclosures are several digits more accurate than float64."""
    inputs = random_inputs([30, 40, 20, 5], hidden, *output, 16, seed=7)
    assert gradient.uses_slicing(inputs)
    found = next(gradient.truth_attempts(inputs))()
    for enclosure in (*found.a, *found.delta, *found.parameters):
        assert (enclosure.radius <= 2.0**-64 * np.abs(enclosure.high).max()).all()
    standards = certify(inputs, 0.5, "float64")
    assert not any(standard.undecidable.any() for standard in standards.values())


def test_a_column_with_a_range_of_1e34_is_decided():
    """If a large entry of one factor multiplies only small ones of the other, slices have no bits for the sum."""
    random = np.random.default_rng(5)
    inputs = random_inputs([40, 30, 5], "identity", "identity", "half_squared_error", 8, seed=5)
    x = inputs.x * 10.0 ** random.uniform(-34, 0, inputs.x.shape)
    w = [layer.w * 10.0 ** random.uniform(-34, 0, layer.w.shape) for layer in inputs.network.layers]
    scaled = Inputs(inputs.network.with_parameters(w, [layer.b * 0 for layer in inputs.network.layers]), x, inputs.t)
    assert gradient.uses_slicing(scaled)
    standards = certify(scaled, 0.5, "float64")
    for standard in standards.values():
        assert (standard.truth.radius <= DECISIVE_RADIUS * standard.bound).all()


@pytest.mark.parametrize("name", [*HIDDEN_ACTIVATIONS, "softmax"])
@pytest.mark.parametrize("radius", [0.0, 2.0**-60, 1e-3, 0.5, 30.0, 700.0])
def test_activations_enclose_the_value_at_every_point_of_their_argument(name, radius):
    random = np.random.default_rng(8)
    rows = [random.normal(size=6) * size for size in (1e-9, 1e-3, 1, 20, 300)]
    rows += [np.zeros(6), np.array([-800.0, -750.0, 0.0, 750.0, 800.0, -374.0])]
    z = Enclosure(np.array(rows), np.array(rows) * 2.0**-55, np.full((7, 6), radius))
    a, slope = enclosure_backprop.activate_in_enclosures(name, z)
    with ctx.workprec(256):
        for signs in random.choice([-1.0, 0.0, 1.0], (20, 7, 6)):
            point = Enclosure(z.high, z.low, np.zeros((7, 6))).to_balls()
            point = point + ball_backprop.ball_matrix(signs * radius)
            values, slopes = ball_backprop.activate_in_balls(name, point.entries(), len(rows))
            for found, exact in ((a, values), (slope, slopes)):
                if exact:  # softmax has no slopes
                    [true] = Enclosure.from_balls([(exact, len(rows))])
                    gap = np.abs(exactly(found) - exactly(true))
                    known = np.isfinite(found.radius)
                    assert (gap[known] <= fractions(found.radius[known]) + fractions(true.radius[known])).all()


def test_slopes_at_kinks_follow_pytorch():
    z = Enclosure(np.array([[0.0, 1.0, -1.0, 1e-30]]), np.zeros((1, 4)), np.array([[0.0, 1e-30, 1e-30, 1e-29]]))
    for name, leak in (("relu", 0.0), ("leaky_relu", 0.01)):
        a, slope = enclosure_backprop.activate_in_enclosures(name, z)
        assert slope.high[0, :3].tolist() == [leak, 1.0, leak]
        assert slope.radius[0, 3] == 1.0
        assert a.high[0, :3].tolist() == [0.0, 1.0, -leak]
        # The interval [-9e-30, 1.1e-29], on both branches.
        assert a.high[0, 3] - a.radius[0, 3] <= -9e-30 * leak
        assert a.high[0, 3] + a.radius[0, 3] >= 1.1e-29


@pytest.mark.parametrize(("hidden", "output"), [("sigmoid", OUTPUTS[1]), ("tanh", OUTPUTS[3]), ("relu", OUTPUTS[0])])
@pytest.mark.parametrize("size", [1e200, 1e300])
def test_overflow_is_undecidable_and_raises_no_error(hidden, output, size):
    inputs = random_inputs([40, 30, 5], hidden, *output, 8, seed=3)
    first, last = inputs.network.layers
    network = inputs.network.with_parameters([first.w * size, last.w], [first.b, last.b])
    standards = certify(Inputs(network, inputs.x * 1e200, inputs.t), 0.5, "float64")
    assert standards["w", 1].undecidable.all()


def test_a_row_of_zeros_without_biases_is_decided_without_balls(monkeypatch):
    """Its weighted inputs are exactly 0, and relu'(0) = 0 by convention."""
    inputs = random_inputs([40, 30, 5], "relu", "softmax", "cross_entropy", 8, seed=3)
    layers = inputs.network.layers
    network = inputs.network.with_parameters([layer.w for layer in layers], [layer.b * 0 for layer in layers])
    x = inputs.x.copy()
    x[2] = 0
    monkeypatch.setattr(gradient, "enclose_in_balls", lambda *_: pytest.fail("ball arithmetic was used"))
    standards = certify(Inputs(network, x, inputs.t), 0.5, "float64")
    assert not any(standard.undecidable.any() for standard in standards.values())
    assert (standards["delta", 1].truth.high[2] == 0).all()
