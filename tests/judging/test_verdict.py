"""The verdict on arrays with NaN, infinity, zeros, tiny gradients and planted errors; and the digits in reports."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from support.networks import random_inputs

from harness.judging.verdict import MOST_DIGITS, digits, judge_array, max_norm_distance
from harness.model.contract import Inputs
from harness.truth.certify import Standard, certify, error_over_bound
from harness.truth.enclosures.enclosure import Enclosure

finite = arrays.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e300, 1e300))


def standard(truth, bound=0.0, radius=0.0, undecidable=False):
    truth = np.asarray(truth, dtype=float)
    full = np.full_like(truth, radius)
    enclosure = Enclosure(truth, np.zeros_like(truth), full)
    return Standard(enclosure, np.full_like(truth, bound), np.full(truth.shape, undecidable))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_agrees_with_a_nan_or_an_infinity(bad):
    right = np.array([1.0, 2.0])
    for one, other in [(np.array([1.0, bad]), right), (right, np.array([1.0, bad])), (np.array([bad, bad]), right)]:
        assert digits(max_norm_distance(one, other), "float64") == 0
    assert digits(np.nan, "float64") == 0
    judgement = judge_array(np.array([1.0, bad]), standard(right, bound=1e300))
    assert judgement.verdict == ""
    assert judgement.entry == (1,)


def test_a_bound_that_is_nan_accepts_nothing():
    assert judge_array(np.array([np.nan]), standard([1.0], bound=np.inf)).verdict == ""
    assert judge_array(np.array([1.5]), standard([1.0], bound=np.nan)).verdict == ""


def test_a_bound_that_overflows_cannot_tell():
    """Weights of 1e30 in float32: the bound for δ^1 overflows, and zeros must not pass for right."""
    given_inputs = random_inputs([3, 4, 2], "identity", "identity", "half_squared_error", 2, seed=1)
    w = [layer.w * 1e160 for layer in given_inputs.network.layers]
    huge = Inputs(
        given_inputs.network.with_parameters(w, [layer.b for layer in given_inputs.network.layers]),
        given_inputs.x,
        given_inputs.t,
    )
    standards = certify(huge, 0.5, "float64")
    overflowed = [s for s in standards.values() if not np.isfinite(s.bound).all()]
    assert overflowed
    for one in overflowed:
        assert judge_array(np.zeros_like(one.truth.high), one).verdict != "agrees"


def test_the_bound_itself_still_agrees_and_the_next_number_does_not():
    assert judge_array(np.array([1.5]), standard([1.0], bound=0.5)).verdict == "agrees"
    assert judge_array(np.array([np.nextafter(1.5, 2)]), standard([1.0], bound=0.5)).verdict == ""
    assert judge_array(np.array([1.5]), standard([1.0], bound=0.25, radius=0.25)).verdict == "agrees"


def test_zero_agrees_with_zero_only():
    assert judge_array(np.zeros(3), standard(np.zeros(3))).verdict == "agrees"
    assert judge_array(np.array([0.0, 1e-300, 0.0]), standard(np.zeros(3))).verdict == ""
    assert judge_array(np.zeros(2), standard([1e-300, 1e-290], bound=1e-310)).verdict == ""


def test_undecidable_entries_do_not_agree():
    truth = standard([1.0, 2.0], bound=0.1, undecidable=True)
    assert judge_array(np.array([9.0, 9.0]), truth).verdict == "cannot tell"
    mixed = Standard(truth.truth, truth.bound, np.array([True, False]))
    assert judge_array(np.array([9.0, 2.0]), mixed).verdict == "cannot tell"
    assert judge_array(np.array([1.0, 9.0]), mixed).verdict == ""


def test_an_error_of_one_ulp_is_measured():
    low = Enclosure(np.array([1.0]), np.array([2.0**-60]), np.array([0.0]))
    assert low.error(np.array([1.0])) == 2.0**-60
    assert low.error(np.array([1.0 + 2.0**-52])) == pytest.approx(2.0**-52 - 2.0**-60, rel=1e-12)
    assert error_over_bound(np.array([1.0]), Standard(low, np.array([2.0**-61]), np.array([False]))) == 2


@given(finite)
def test_equal_arrays_agree_in_every_digit(array):
    assert max_norm_distance(array, array.copy()) == 0
    assert digits(0.0, "float64") == MOST_DIGITS["float64"]
    assert judge_array(array, standard(array)).verdict == "agrees"


def test_the_distance_of_zeros_is_0_from_zeros_and_large_from_others():
    zeros, tiny = np.zeros(3), np.array([0.0, 1e-300, 0.0])
    assert max_norm_distance(zeros, zeros) == 0
    assert max_norm_distance(zeros, tiny) == max_norm_distance(tiny, zeros) == 1
    assert digits(1.0, "float64") == 0


@given(finite.filter(lambda a: np.abs(a).max() > 1e-290), st.integers(1, 12))
def test_a_planted_relative_error_reduces_the_digits(array, places):
    spoiled = array.copy()
    index = np.unravel_index(np.abs(array).argmax(), array.shape)
    spoiled[index] *= 1 + 2 * 10.0**-places
    assert digits(max_norm_distance(spoiled, array), "float64") == places - 1


@given(finite.filter(lambda a: np.abs(a).max() > 1e-100), st.integers(-200, 3))
def test_distance_does_not_depend_on_the_scale(array, exponent):
    spoiled = array + np.abs(array).max() * 1e-6
    scale = 2.0**exponent
    assert max_norm_distance(spoiled * scale, array * scale) == pytest.approx(
        max_norm_distance(spoiled, array), rel=1e-6
    )


@given(finite, finite)
def test_distance_is_symmetric_and_at_most_two(one, other):
    if one.shape == other.shape:
        assert max_norm_distance(one, other) == max_norm_distance(other, one) <= 2
    else:
        with pytest.raises(ValueError, match="shapes differ"):
            max_norm_distance(one, other)


def test_digits_are_whole_and_cut_where_rounding_begins():
    assert [digits(e, "float64") for e in (0.99, 0.1, 0.09, 1e-6, 9e-7, 1e-20)] == [0, 1, 1, 6, 6, 13]
    assert digits(1e-20, "float32") == 5
