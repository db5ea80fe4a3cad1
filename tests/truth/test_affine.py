"""Errors with signs, and what activations make of them: containment of everything that may happen, by trying it."""

from __future__ import annotations

import numpy as np
import pytest

from harness.model.activations import ACTIVATIONS
from harness.truth.bounds.activation_errors import RULES
from harness.truth.bounds.affine import MOST, Affine
from harness.truth.bounds.float_format import arithmetic

MACHINE = arithmetic("float64")
ROOM = 1e-14  # this test's own rounding


def random_errors(random, rows=3, width=5, sources=4):
    return Affine.of(random.normal(size=(rows, width, sources)), random.uniform(size=(rows, width)))


def happens(errors, epsilon, random):
    """One of the errors that these stand for, with the sources as given."""
    return errors.signed @ epsilon + errors.rest * random.uniform(-1, 1, errors.rest.shape)


def test_what_happens_to_errors_happens_to_their_bounds():
    random = np.random.default_rng(1)
    errors, local = random_errors(random), random.uniform(size=(3, 5))
    w, factor = random.normal(size=(6, 5)), random.normal(size=(3, 5))
    other = Affine.of(errors.signed[:, :, :2] * 0.7, errors.rest)
    for _ in range(200):
        epsilon = random.uniform(-1, 1, 4)
        error = happens(errors, epsilon, random)
        assert (np.abs(error) <= errors.total).all()
        assert (np.abs(error @ w.T) <= errors.through(w).total).all()
        assert (np.abs(error * factor) <= errors.times(factor).total * (1 + 1e-12)).all()
        assert (np.abs(error + happens(other, epsilon[:2], random)) <= errors.plus(other).total).all()
        assert (np.abs(error) + local <= errors.widened(local).total + 1e-12).all()
        assert (np.abs(error) + local <= errors.with_sources(local).total + 1e-12).all()


def test_errors_of_one_source_cancel_and_those_of_others_do_not():
    one = Affine.unsigned(np.zeros((1, 2))).with_sources(np.array([[1.0, 2.0]]))
    apart, together = np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([[0.5, 0.5]])
    assert one.through(apart).through(together).total == pytest.approx(1.0)  # 3 by sizes alone
    assert Affine.unsigned(one.total).through(apart).through(together).total == pytest.approx(3.0)


def test_more_sources_than_can_be_followed_are_bounded_by_size():
    width = int(MOST**0.5)
    for rows, followed in ((1, width), (2, 0)):
        errors = Affine.unsigned(np.zeros((rows, width))).with_sources(np.ones((rows, width)))
        assert errors.signed.shape[2] == followed
        assert (errors.total == 1).all()


@pytest.mark.parametrize("e_z", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("name", [name for name in RULES if name != "softmax"])
def test_activations_stay_within_their_response(name, e_z):
    """Errors far larger than rounding, so that the terms of second order show."""
    random = np.random.default_rng(3)
    z, f = random.normal(size=(1, 4000)) * 4, ACTIVATIONS[name]
    error = random.choice([-e_z, e_z, 0.3 * e_z], z.shape)
    response = RULES[name](z, f.f(z), np.full_like(z, e_z), MACHINE)
    off = f.f(z + error) - f.f(z) - response.slope * error
    assert (np.abs(off) <= response.own + ROOM).all()
    if name in ("relu", "leaky_relu"):  # a kink is met by saying that the entry is unclear
        return
    for slope in (f.slope(z + error), f.slope_from_output(f.f(z + error))):
        off = slope - f.slope(z) - response.bend * error
        assert (np.abs(off) <= response.own_slope + ROOM).all()
        assert (np.abs(slope - f.slope(z)) <= response.slope_error(np.abs(error)) + ROOM).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("e_z", [1.0, 30.0, 1e3, 1e11, 1e200])
@pytest.mark.parametrize("size", [0.0, 1.0, 30.0, 700.0, 1e5, 1e18, 1e200])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_errors_of_any_size_have_a_response(name, size, e_z):
    """Where e^{E_z} overflows and f' underflows too; to the rounding of what is linear in E_z, which is then large."""
    random = np.random.default_rng(5)
    z = size * random.choice([-1.0, 1.0], (1, 2000)) * random.uniform(0.9, 1.1, (1, 2000))
    error, f = e_z * random.choice([-1.0, 1.0, 0.3, 1e-3], z.shape), ACTIVATIONS[name]
    response = RULES[name](z, f.f(z), np.full_like(z, e_z), MACHINE)
    linear = response.slope * error
    off = f.f(z + error) - f.f(z) - linear
    room = ROOM * (1 + np.abs(linear) + np.abs(f.f(z)) + np.abs(f.f(z + error)))
    assert not np.isnan(response.own).any()
    assert not np.isnan(response.own_slope).any()
    assert (np.abs(off) <= response.own + room).all()
    linear = response.bend * error
    for slope in (f.slope(z + error), f.slope_from_output(f.f(z + error))):
        assert (np.abs(slope - f.slope(z) - linear) <= response.own_slope + ROOM * (1 + np.abs(linear))).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("e_z", [1e-3, 1.0, 1.1, 30.0, 1e3, 1e11])
@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e12, 1e18])
def test_softmax_of_huge_logits_stays_within_its_response(scale, e_z):
    random = np.random.default_rng(6)
    z, softmax = random.normal(size=(2000, 6)) * scale, ACTIVATIONS["softmax"].f
    z[::2, 1] = z[::2, 0] + random.normal(size=1000)  # near the largest, or far from it
    error, a = random.choice([-e_z, e_z, 0.3 * e_z], z.shape), softmax(z)
    response = RULES["softmax"](z, a, np.full_like(z, e_z), MACHINE)
    assert np.isfinite(response.own).all()
    for one in (Affine.of(error[:, :, None], np.zeros_like(z)), Affine.unsigned(np.abs(error))):
        # z + error is rounded, which an exponential multiplies.
        moved = softmax(z - z.max(axis=1, keepdims=True) + error)
        assert (np.abs(moved - a) <= response.outputs(one).total + response.own + ROOM).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_logit_that_is_far_ahead_takes_all_whatever_moves():
    z = np.array([[1e18, 0.0, -1e18]])
    response = RULES["softmax"](z, np.array([[1.0, 0.0, 0.0]]), np.full_like(z, 1e11), arithmetic("float32"))
    moved = response.outputs(Affine.of(np.full((1, 3, 2), 1e11), np.full_like(z, 1e11))).total + response.own
    assert (moved <= [2e-6, 1e-37, 1e-37]).all()


@pytest.mark.parametrize("e_z", [1e-3, 0.1, 1.0])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_softmax_stays_within_its_response(scale, e_z):
    random = np.random.default_rng(4)
    z, softmax = random.normal(size=(2000, 6)) * scale, ACTIVATIONS["softmax"].f
    error = random.choice([-e_z, e_z, 0.3 * e_z], z.shape)
    a = softmax(z)
    response = RULES["softmax"](z, a, np.full_like(z, e_z), MACHINE)
    signed = Affine.of(error[:, :, None], np.zeros_like(z))
    for one in (signed, Affine.unsigned(np.abs(error))):
        assert (np.abs(softmax(z + error) - a) <= response.outputs(one).total + response.own + ROOM).all()
    linear = a * (error - (a * error).sum(axis=1, keepdims=True))
    assert (np.abs(softmax(z + error) - a - linear) <= response.own + ROOM).all()
