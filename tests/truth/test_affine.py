"""Affine forms and activation errors contain every error that can occur, by trying many."""

from __future__ import annotations

import numpy as np
import pytest

from harness.model.activations import ACTIVATIONS
from harness.truth.bounds.activation_errors import ERROR_RULES
from harness.truth.bounds.affine import MOST_COEFFICIENTS, AffineForms
from harness.truth.bounds.float_format import float_format

FMT = float_format("float64")
SLACK = 1e-14  # the rounding of the tests themselves


def random_errors(random, rows=3, width=5, sources=4):
    return AffineForms.from_terms(random.normal(size=(rows, width, sources)), random.uniform(size=(rows, width)))


def sample(errors, epsilon, random):
    """One possible error, for these values of the noise symbols."""
    return errors.coefficients @ epsilon + errors.remainder * random.uniform(-1, 1, errors.remainder.shape)


def test_operations_on_affine_forms_contain_every_error():
    random = np.random.default_rng(1)
    errors, local = random_errors(random), random.uniform(size=(3, 5))
    w, factor = random.normal(size=(6, 5)), random.normal(size=(3, 5))
    other = AffineForms.from_terms(errors.coefficients[:, :, :2] * 0.7, errors.remainder)
    for _ in range(200):
        epsilon = random.uniform(-1, 1, 4)
        error = sample(errors, epsilon, random)
        assert (np.abs(error) <= errors.total).all()
        assert (np.abs(error @ w.T) <= errors.through_weights(w).total).all()
        assert (np.abs(error * factor) <= errors.scaled(factor).total * (1 + 1e-12)).all()
        assert (np.abs(error + sample(other, epsilon[:2], random)) <= errors.add(other).total).all()
        assert (np.abs(error) + local <= errors.with_local_error(local).total + 1e-12).all()
        assert (np.abs(error) + local <= errors.with_noise_symbols(local).total + 1e-12).all()


def test_errors_of_one_noise_symbol_cancel_and_unknown_signs_do_not():
    forms = AffineForms.from_magnitudes(np.zeros((1, 2))).with_noise_symbols(np.array([[1.0, 2.0]]))
    difference, mean = np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([[0.5, 0.5]])
    assert forms.through_weights(difference).through_weights(mean).total == pytest.approx(1.0)  # 3 by magnitudes
    assert AffineForms.from_magnitudes(forms.total).through_weights(difference).through_weights(
        mean
    ).total == pytest.approx(3.0)


def test_too_many_coefficients_are_bounded_by_magnitude():
    width = int(MOST_COEFFICIENTS**0.5)
    for rows, followed in ((1, width), (2, 0)):
        errors = AffineForms.from_magnitudes(np.zeros((rows, width))).with_noise_symbols(np.ones((rows, width)))
        assert errors.coefficients.shape[2] == followed
        assert (errors.total == 1).all()


@pytest.mark.parametrize("e_z", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("name", [name for name in ERROR_RULES if name != "softmax"])
def test_activations_stay_within_their_error_bounds(name, e_z):
    """Errors far larger than rounding, so that the terms of second order show."""
    random = np.random.default_rng(3)
    z, f = random.normal(size=(1, 4000)) * 4, ACTIVATIONS[name]
    error = random.choice([-e_z, e_z, 0.3 * e_z], z.shape)
    activation = ERROR_RULES[name](z, f.f(z), np.full_like(z, e_z), FMT)
    off = f.f(z + error) - f.f(z) - activation.slope * error
    assert (np.abs(off) <= activation.local_error + SLACK).all()
    if name in ("relu", "leaky_relu"):  # at a kink the entry is reported as ambiguous instead
        return
    for slope in (f.slope(z + error), f.slope_from_output(f.f(z + error))):
        off = slope - f.slope(z) - activation.second_derivative * error
        assert (np.abs(off) <= activation.local_slope_error + SLACK).all()
        assert (np.abs(slope - f.slope(z)) <= activation.slope_error(np.abs(error)) + SLACK).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("e_z", [1.0, 30.0, 1e3, 1e11, 1e200])
@pytest.mark.parametrize("size", [0.0, 1.0, 30.0, 700.0, 1e5, 1e18, 1e200])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_errors_of_any_size_have_a_bound(name, size, e_z):
    """Even where e^{E_z} overflows and f' underflows, up to the rounding of the linear term, which is then large."""
    random = np.random.default_rng(5)
    z = size * random.choice([-1.0, 1.0], (1, 2000)) * random.uniform(0.9, 1.1, (1, 2000))
    error, f = e_z * random.choice([-1.0, 1.0, 0.3, 1e-3], z.shape), ACTIVATIONS[name]
    activation = ERROR_RULES[name](z, f.f(z), np.full_like(z, e_z), FMT)
    linear = activation.slope * error
    off = f.f(z + error) - f.f(z) - linear
    slack = SLACK * (1 + np.abs(linear) + np.abs(f.f(z)) + np.abs(f.f(z + error)))
    assert not np.isnan(activation.local_error).any()
    assert not np.isnan(activation.local_slope_error).any()
    assert (np.abs(off) <= activation.local_error + slack).all()
    linear = activation.second_derivative * error
    for slope in (f.slope(z + error), f.slope_from_output(f.f(z + error))):
        assert (
            np.abs(slope - f.slope(z) - linear) <= activation.local_slope_error + SLACK * (1 + np.abs(linear))
        ).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("e_z", [1e-3, 1.0, 1.1, 30.0, 1e3, 1e11])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e12, 1e18])
def test_softmax_of_huge_logits_stays_within_its_error_bounds(scale, e_z):
    random = np.random.default_rng(6)
    z, softmax = random.normal(size=(2000, 6)) * scale, ACTIVATIONS["softmax"].f
    z[::2, 1] = z[::2, 0] + random.normal(size=1000)  # near the largest, or far from it
    error, a = random.choice([-e_z, e_z, 0.3 * e_z], z.shape), softmax(z)
    activation = ERROR_RULES["softmax"](z, a, np.full_like(z, e_z), FMT)
    assert np.isfinite(activation.local_error).all()
    for errors in (
        AffineForms.from_terms(error[:, :, None], np.zeros_like(z)),
        AffineForms.from_magnitudes(np.abs(error)),
    ):
        # z + error is rounded, which an exponential multiplies.
        moved = softmax(z - z.max(axis=1, keepdims=True) + error)
        assert (np.abs(moved - a) <= activation.propagate(errors).total + activation.local_error + SLACK).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_errors_of_logits_far_below_the_largest_change_nothing():
    z = np.array([[1e18, 0.0, -1e18]])
    activation = ERROR_RULES["softmax"](z, np.array([[1.0, 0.0, 0.0]]), np.full_like(z, 1e11), float_format("float32"))
    moved = (
        activation.propagate(AffineForms.from_terms(np.full((1, 3, 2), 1e11), np.full_like(z, 1e11))).total
        + activation.local_error
    )
    assert (moved <= [2e-6, 1e-37, 1e-37]).all()


@pytest.mark.parametrize("e_z", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_softmax_stays_within_its_error_bounds(scale, e_z):
    random = np.random.default_rng(4)
    z, softmax = random.normal(size=(2000, 6)) * scale, ACTIVATIONS["softmax"].f
    error = random.choice([-e_z, e_z, 0.3 * e_z], z.shape)
    a = softmax(z)
    activation = ERROR_RULES["softmax"](z, a, np.full_like(z, e_z), FMT)
    signed = AffineForms.from_terms(error[:, :, None], np.zeros_like(z))
    for errors in (signed, AffineForms.from_magnitudes(np.abs(error))):
        assert (
            np.abs(softmax(z + error) - a) <= activation.propagate(errors).total + activation.local_error + SLACK
        ).all()
    linear = a * (error - (a * error).sum(axis=1, keepdims=True))
    assert (np.abs(softmax(z + error) - a - linear) <= activation.local_error + SLACK).all()
