"""Functions of rounded numbers: what they give for a number within its error is within the error that they give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.truth.bounds.float_format import float_format
from harness.truth.bounds.rounded_array import RoundedArray
from harness.truth.bounds.rounded_functions import (
    clip_each,
    floored,
    modulo,
    nearest_integer,
    normed,
    one_hot_of_largest,
    power,
    sign,
    square_root,
)

FLOAT64 = float_format("float64")
ROW = st.lists(st.floats(-5, 5), min_size=3, max_size=3)
FUNCTIONS = {
    "sign": sign,
    "square_root": lambda x: square_root(abs(x) + 1),
    "clip_each": lambda x: clip_each(x, 1.0),
    "floored": floored,
    "nearest_integer": nearest_integer,
    "one_hot_of_largest": one_hot_of_largest,
    "modulo": lambda x: modulo(x, 0.75),
    "normed": lambda x: normed(x + 6),
    "power": lambda x: power(abs(x) + 0.5, 1.5),
    "small power": lambda x: power(abs(x), 0.01),
    "power of a number": lambda x: power(2.0, x),
}


def rounded(values, error):
    value = np.array([values])
    return RoundedArray(value, np.full(value.shape, error), FLOAT64)


@pytest.mark.parametrize("name", FUNCTIONS)
@given(values=ROW, error=st.sampled_from([0.0, 1e-12, 0.3, 0.999]), shares=ROW)
def test_what_is_within_the_error_stays_within_the_error(name, values, error, shares):
    with np.errstate(all="ignore"):
        bounded = FUNCTIONS[name](rounded(values, error))
        other = FUNCTIONS[name](np.array([values]) + error * np.array([shares]) / 5)
        far = np.abs(other - bounded.value) > bounded.error + 1e-14 * np.abs(bounded.value) + 1e-300
    assert not (far & np.isfinite(other)).any()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("clip_each", "normed")])
def test_a_bound_that_is_unknown_stays_unknown_or_covers_all(name):
    with np.errstate(all="ignore"):
        found = FUNCTIONS[name](rounded([0.5, 1.5, 2.5], np.inf))
    covers_all = name in ("sign", "one_hot_of_largest")  # there are but so many values
    assert (found.error >= 1).all() if covers_all else not np.isfinite(found.error).any()


EXACT = {
    floored: [-1.0, 2.0, 2.0],
    nearest_integer: [-0.0, 2.0, 2.0],
    one_hot_of_largest: [0.0, 0.0, 1.0],
    sign: [-1.0, 1.0, 1.0],
}


@pytest.mark.parametrize("function", EXACT)
def test_exact_numbers_are_mapped_exactly(function):
    found = function(rounded([-0.5, 2.0, 2.5], 0.0))
    assert found.value.tolist() == [EXACT[function]]
    assert not found.error.any()
