"""The comparison itself: NaN, infinity, zeros, tiny gradients, planted errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.verdict import AGREES, INACCURATE, MOST_DIGITS, digits, distance, verdict

finite = arrays.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e300, 1e300))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_agrees_with_a_nan_or_an_infinity(bad):
    right = np.array([1.0, 2.0])
    for one, other in [(np.array([1.0, bad]), right), (right, np.array([1.0, bad])), (np.array([bad, bad]), right)]:
        assert digits(distance(one, other), "float64") == 0
    assert digits(np.nan, "float64") == 0


@given(finite)
def test_equal_arrays_agree_in_every_digit(array):
    assert distance(array, array.copy()) == 0
    assert digits(0.0, "float64") == MOST_DIGITS["float64"]


def test_zeros_agree_with_zeros_and_with_nothing_else():
    zeros, tiny = np.zeros(3), np.array([0.0, 1e-300, 0.0])
    assert distance(zeros, zeros) == 0
    assert distance(zeros, tiny) == distance(tiny, zeros) == 1
    assert digits(1.0, "float64") == 0


@given(finite.filter(lambda a: np.abs(a).max() > 1e-290), st.integers(1, 12))
def test_a_planted_relative_error_costs_its_digits(array, places):
    spoiled = array.copy()
    index = np.unravel_index(np.abs(array).argmax(), array.shape)
    spoiled[index] *= 1 + 2 * 10.0**-places
    assert digits(distance(spoiled, array), "float64") == places - 1


@given(finite.filter(lambda a: np.abs(a).max() > 1e-100), st.integers(-200, 3))
def test_distance_does_not_depend_on_the_scale(array, exponent):
    spoiled = array + np.abs(array).max() * 1e-6
    scale = 2.0**exponent
    assert distance(spoiled * scale, array * scale) == pytest.approx(distance(spoiled, array), rel=1e-6)


@given(finite, finite)
def test_distance_is_symmetric_and_at_most_two(one, other):
    if one.shape == other.shape:
        assert distance(one, other) == distance(other, one) <= 2


@pytest.mark.parametrize("dtype", MOST_DIGITS)
def test_the_thresholds_name_the_verdict(dtype):
    assert verdict(MOST_DIGITS[dtype], dtype) == verdict(AGREES[dtype], dtype) == "agrees"
    assert verdict(AGREES[dtype] - 1, dtype) == verdict(INACCURATE[dtype], dtype) == "inaccurate"
    assert verdict(INACCURATE[dtype] - 1, dtype) == verdict(0, dtype) == "wrong"


def test_digits_are_whole_and_cut_where_rounding_begins():
    assert [digits(e, "float64") for e in (0.99, 0.1, 0.09, 1e-6, 9e-7, 1e-20)] == [0, 1, 1, 6, 6, 13]
    assert digits(1e-20, "float32") == 5
