"""Activations and costs, compared with mpmath at 50 digits and with each other."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.activations import ACTIVATIONS, LEAKY_RELU_SLOPE
from harness.model.costs import COSTS

mp = mpmath.mp.clone()
mp.dps = 50
EXACT = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: max(z, LEAKY_RELU_SLOPE * z),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "identity": lambda z: z,
}
finite = st.floats(-700, 700, allow_nan=False).filter(lambda z: z == 0 or abs(z) > 1e-12)


def ulps(value, exact):
    """The distance from the exact value in units in its last place."""
    return abs(mp.mpf(float(value)) - exact) / mp.mpf(float(np.spacing(abs(float(exact)))))


@pytest.mark.parametrize("name", EXACT)
@given(z=finite)
def test_f_is_accurate_to_four_ulps(name, z):
    exact = EXACT[name](mp.mpf(z))
    assert ulps(ACTIVATIONS[name].f(np.float64(z)), exact) <= 4
    assert ulps(ACTIVATIONS[name].f(z), exact) <= 4  # a float takes another branch


@pytest.mark.parametrize("name", EXACT)
@given(z=finite.filter(lambda z: z != 0))
def test_slope_is_accurate_to_eight_ulps(name, z):
    f = EXACT[name]
    slopes = {
        "sigmoid": lambda z: mp.exp(-abs(z)) / (1 + mp.exp(-abs(z))) ** 2,
        "tanh": lambda z: mp.sech(z) ** 2,
        "softplus": EXACT["sigmoid"],
    }
    exact = slopes[name](mp.mpf(z)) if name in slopes else f(mp.sign(z))  # piecewise linear through 0: f(±1) is ±slope
    exact = abs(exact)
    assert ulps(ACTIVATIONS[name].slope(np.float64(z)), exact) <= 8
    assert ulps(ACTIVATIONS[name].slope(z), exact) <= 8


@pytest.mark.parametrize("name", EXACT)
@given(z=st.floats(-15, 15))
def test_both_slope_forms_are_the_same_function(name, z):
    activation = ACTIVATIONS[name]
    # a = f(z) is rounded, and 1 − a inherits its absolute error.
    assert abs(activation.slope(z) - activation.slope_from_output(activation.f(z))) <= 4e-16 * (1 + abs(z))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dtype_and_shape_are_kept(name, dtype):
    z = np.array([[-2.0, 0.5, 3.0]], dtype=dtype)
    a = ACTIVATIONS[name].f(z)
    assert (a.dtype, a.shape) == (z.dtype, z.shape)
    for slope in (ACTIVATIONS[name].slope, ACTIVATIONS[name].slope_from_output):
        if slope is not None and not dtype.startswith("complex"):
            assert (slope(z).dtype, slope(z).shape) == (z.dtype, z.shape)


@given(z=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6), shift=st.floats(-100, 100))
def test_softmax_sums_to_one_and_ignores_a_shift(z, shift):
    z = np.array([z])
    a = ACTIVATIONS["softmax"].f(z)
    assert abs(a.sum() - 1) <= 1e-15 * z.size
    assert np.abs(a - ACTIVATIONS["softmax"].f(z + shift)).max() <= 1e-11  # z + shift rounds at 1e4


@pytest.mark.parametrize("name", COSTS)
@given(seed=st.integers(0, 2**32))
def test_cost_gradient_is_its_complex_step_derivative(name, seed):
    random = np.random.default_rng(seed)
    a, t = random.uniform(0.01, 0.99, (2, 3)), random.integers(0, 2, (2, 3)).astype(float)
    gradient = COSTS[name].gradient(a, t)
    for index in np.ndindex(a.shape):
        nudged = a.astype(complex)
        nudged[index] += 1e-100j
        assert COSTS[name].value(nudged, t).imag / 1e-100 == pytest.approx(gradient[index], rel=1e-13)
