"""Double-double arithmetic compared with exact fractions, and its functions with balls of 300 bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

from harness.truth.enclosures.double_double import (
    FUNCTION_ERROR,
    OPERATION_ERROR,
    SMALLEST_SUBNORMAL,
    DoubleDouble,
    exp,
    exp_and_expm1,
    log1p,
)

U = Fraction(1, 2**53)


def drawn(random, count, lowest, highest):
    """Numbers of both signs and many magnitudes, with low parts of up to half a unit in the last place."""
    high = (
        random.choice([-1.0, 1.0], count) * random.uniform(1, 2, count) * 2.0 ** random.integers(lowest, highest, count)
    )
    return DoubleDouble(high, random.uniform(-1, 1, count) * np.abs(high) * 2.0**-54)


def fractions(value):
    return [Fraction(h) + Fraction(l) for h, l in zip(value.high.tolist(), value.low.tolist(), strict=True)]


@given(st.integers(0, 2**32))
@pytest.mark.parametrize(
    ("operation", "stated"),
    [("+", 3 * U**2 + 13 * U**3), ("-", 3 * U**2 + 13 * U**3), ("*", 7 * U**2), ("/", 15 * U**2 + 56 * U**3)],
)
def test_operations_keep_the_published_bounds(operation, stated, seed):
    random = np.random.default_rng(seed)
    x, y = drawn(random, 20, -100, 100), drawn(random, 20, -100, 100)
    if seed % 2:  # sums that cancel
        y = DoubleDouble(x.high * (1 + 2.0**-50 * random.integers(-3, 3, 20)), y.low * 2.0**-200)
    apply = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
    }[operation]
    result = apply(x, y)
    for a, b, found in zip(fractions(x), fractions(y), fractions(result), strict=True):
        exact = apply(a, b)
        assert abs(found - exact) <= stated * abs(exact)
    assert stated < OPERATION_ERROR
    assert (np.abs(result.low) <= np.spacing(np.abs(result.high)) / 2).all()


def test_row_sums_have_an_error_proportional_to_their_depth():
    random = np.random.default_rng(1)
    for width in (1, 2, 3, 7, 64, 100):
        rows = DoubleDouble(random.uniform(0, 1, (2, width)), random.uniform(-1, 1, (2, width)) * 2.0**-56)
        total = rows.row_sums()
        assert total.high.shape == (2, 1)
        for row in range(2):
            exact = sum(fractions(rows[row]))
            assert abs(fractions(total[row])[0] - exact) <= 7 * 3 * U**2 * exact


ARGUMENTS = np.concatenate([
    -(10.0 ** np.linspace(-320, 3, 2000)),
    -np.linspace(0, 0.01, 2000),  # where e^x rounds to 1 and e^x − 1 does not vanish
    -np.linspace(0, 2, 2000),
    -np.linspace(680, 760, 500),  # to the end of the range of float64 and beyond
    -np.log(2) / 512 * np.arange(1, 1000, 2),  # halfway between two entries of the table
])  # fmt: skip


def largest_error(function, exact, arguments):
    """The largest relative error, after subtracting the error that underflow may cause."""
    lows = arguments * np.random.default_rng(2).uniform(-1, 1, arguments.size) * 2.0**-54
    result, largest = function(DoubleDouble(arguments, lows)), 0.0
    with ctx.workprec(300):
        for x, l, high, low in zip(arguments.tolist(), lows.tolist(), result.high, result.low, strict=True):
            value = exact(arb(x) + arb(l))
            error = abs(arb(float(high)) + arb(float(low)) - value) - 2 * SMALLEST_SUBNORMAL
            largest = max(largest, float(error / abs(value)) if error > 0 else 0.0)
    return largest


@pytest.mark.parametrize(
    ("function", "exact", "arguments"),
    [
        (exp, arb.exp, ARGUMENTS),
        (lambda x: exp_and_expm1(x)[0], arb.exp, ARGUMENTS),
        (lambda x: exp_and_expm1(x)[1], arb.expm1, ARGUMENTS[ARGUMENTS < 0]),
        (log1p, arb.log1p, np.exp(ARGUMENTS[(ARGUMENTS < 0) & (ARGUMENTS > -700)])),
        (log1p, arb.log1p, -ARGUMENTS[(ARGUMENTS < 0) & (ARGUMENTS >= -1)]),
    ],
    ids=["exp", "exp beside expm1", "expm1", "log1p of exponentials", "log1p"],
)
def test_functions_keep_their_stated_error(function, exact, arguments):
    found = largest_error(function, exact, arguments)
    assert 0 < found <= FUNCTION_ERROR / 4, np.log2(found)  # the stated error has a margin


def test_exp_of_zero_and_below_the_range_of_float64():
    result = exp(DoubleDouble(np.array([0.0, -800.0, -1e300]), np.zeros(3)))
    assert result.high.tolist() == [1.0, 0.0, 0.0]
    assert result.low.tolist() == [0.0, 0.0, 0.0]
