"""Sliced matrices and their products compared with fractions, and the entries recomputed in balls."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import exactly, fractions

from harness.truth.enclosures.double_double import DoubleDouble
from harness.truth.enclosures.enclosed_matmul import (
    ACCEPTED_TRUNCATION,
    enclosed_product,
    recompute_in_balls,
    slice_weights,
    sum_of_outer_products,
)
from harness.truth.enclosures.enclosure import Enclosure
from harness.truth.enclosures.sliced_matmul import (
    SLICED_BITS,
    slice_matrix,
    sliced_product,
    sliced_transpose_product,
    slicing_for,
)


def badly_scaled(random, shape, spread):
    """Normal numbers times powers of two up to 2^±spread, with low parts, some lines of zeros, some radii."""
    high = random.normal(size=shape) * 2.0 ** random.integers(-spread, spread + 1, shape)
    high[:, random.integers(0, 6, shape[1]) == 0] = 0
    low = high * 2.0**-54 * random.uniform(-1, 1, shape)
    return Enclosure(high, low, np.abs(high) * random.choice([0.0, 2.0**-70], shape))


@pytest.mark.parametrize("inner", [1, 2, 32, 1000, 1024, 4096, 50_000])
def test_slices_have_few_bits_and_sum_to_the_matrix(inner):
    slicing = slicing_for(inner)
    assert slicing.bits * slicing.slices >= SLICED_BITS
    # Every sum of products of slices fits into 53 bits.
    assert inner * slicing.slices * (2 ** (slicing.bits - 1)) ** 2 <= 2**53
    random = np.random.default_rng(inner)
    for axis in (None, 0, 1):
        matrix = badly_scaled(random, (3, 40), 10).midpoint
        slices = slice_matrix(matrix, slicing, axis)
        scale = fractions(slices.scale)
        gap = np.abs(exactly(matrix) - fractions(slices.parts).sum(axis=0) * scale)
        assert (gap <= scale * Fraction(1, 2 ** (slicing.bits * slicing.slices + 1))).all()
        for number, part in enumerate(slices.parts, start=1):
            units = part * 2.0 ** (slicing.bits * number)
            assert (units == np.rint(units)).all()
            assert (np.abs(units) <= 2 ** (slicing.bits - 1)).all()


@given(st.integers(0, 2**32), st.sampled_from([0, 5, 30, 100]))
def test_products_of_slices_stay_within_the_truncation_error(seed, spread):
    random = np.random.default_rng(seed)
    n, k, m = random.integers(1, 9, 3)
    slicing = slicing_for(int(k))
    a, w = badly_scaled(random, (n, k), spread).midpoint, badly_scaled(random, (k, m), spread).midpoint
    in_rows = slice_matrix(a, slicing, axis=1), slice_matrix(w, slicing)
    in_columns = slice_matrix(DoubleDouble(a.high.T, a.low.T), slicing, axis=0), slice_matrix(w, slicing, axis=0)
    exact = exactly(a) @ exactly(w)
    for left, right, found in (
        (*in_rows, sliced_product(*in_rows, slicing)),
        (in_columns[0].transposed, in_columns[1], sliced_transpose_product(*in_columns, slicing)),
    ):
        scale = fractions(left.scale) * fractions(right.scale)
        allowed = Fraction(slicing.truncation_error) * scale + np.abs(exact) * Fraction(1, 2**100)
        assert (np.abs(exactly(found) * scale - exact) <= allowed).all()


@pytest.mark.parametrize("inner", [1, 3, 32, 500])
def test_the_truncation_error_is_nearly_attained(inner):
    """Every slice and every remainder is as large as possible, with one sign, so nothing cancels."""
    slicing = slicing_for(inner)
    digits = [Fraction(2 ** (slicing.bits - 1) - 1, 2 ** (slicing.bits * t)) for t in range(1, 8)]
    exact = sum(digits)
    high = float(exact)
    worst = DoubleDouble(np.full((2, inner), high), np.full((2, inner), float(exact - Fraction(high))))
    slices = slice_matrix(worst, slicing, axis=1)
    entry = exactly(worst)[0, 0]
    for found in (
        sliced_product(slices, slices.transposed, slicing),
        sliced_transpose_product(slices.transposed, slices.transposed, slicing),
    ):
        error = abs(exactly(found)[0, 0] * Fraction(slices.scale[0, 0]) ** 2 - inner * entry**2)
        lost = float(error / Fraction(slices.scale[0, 0]) ** 2) / slicing.truncation_error
        assert 0.1 < lost <= 1, lost


@given(st.integers(0, 2**32), st.sampled_from([0, 5, 30, 100, 400]))
def test_products_of_enclosures_enclose_every_product(seed, spread):
    """Including the products of the ends of the intervals."""
    random = np.random.default_rng(seed)
    n, k, m = random.integers(1, 9, 3)
    a, w = badly_scaled(random, (n, k), spread), badly_scaled(random, (m, k), spread).high
    with np.errstate(invalid="ignore"):  # entries out of the scaling range are NaN, and decide nothing
        found = enclosed_product(a, slice_weights(w).transposed)
        other = sum_of_outer_products(a.transposed, Enclosure.from_floats(w.T))
    terms = np.abs(a.high) @ np.abs(w).T
    inherited = a.radius @ np.abs(w).T
    for sign in (-1, 0, 1):
        exact = (exactly(a) + sign * fractions(a.radius)) @ fractions(w).T
        for product_found in (found, other):
            decided = np.isfinite(product_found.radius)
            radius = fractions(np.where(decided, product_found.radius, 0))
            assert (~decided | (np.abs(exactly(product_found) - exact) <= radius)).all()
    # No radius is larger than the terms and the radii of the factors require, for every scaling.
    assert (found.radius <= inherited * (1 + 1e-9) + 2 * ACCEPTED_TRUNCATION * terms + 1e-300)[terms < 1e300].all()


@pytest.mark.parametrize("exponent", [-540, -535, -500, 0, 200])
@pytest.mark.parametrize("radius", [0.0, 2.0**-52, 0.5])
def test_radii_hold_for_subnormal_products(exponent, radius):
    """Where products are subnormal, every operation may lose half of the smallest subnormal number."""
    random = np.random.default_rng(abs(exponent))
    for rows in (1, 2, 5, 400):
        high = random.normal(size=(rows, 3)) * 2.0**exponent
        a = Enclosure(high, high * 2.0**-54, np.abs(high) * radius)
        w = random.normal(size=(2, rows)) * 2.0**exponent
        for found in (
            enclosed_product(a.transposed, slice_weights(w).transposed),
            sum_of_outer_products(a, Enclosure.from_floats(w.T)),
        ):
            for sign in (-1, 0, 1):  # the ends of the intervals, where all products have the same sign
                ends = (
                    exactly(a.transposed)[:, None, :]
                    + sign * fractions(a.radius.T)[:, None, :] * fractions(np.sign(w))[None]
                )
                exact = (ends * fractions(w)[None]).sum(axis=-1)
                assert (np.abs(exactly(found) - exact) <= fractions(found.radius)).all(), (rows, sign)


def test_the_radius_covers_the_rounding_of_a_long_sum_of_radii():
    random = np.random.default_rng(9)
    n = 100_000
    column = Enclosure(np.ones((n, 1)), np.zeros((n, 1)), random.uniform(0.3, 0.4, (n, 1)))
    exact = sum(map(Fraction, column.radius.ravel().tolist()))
    for found in (
        sum_of_outer_products(column, Enclosure.from_floats(np.ones((n, 1)))),
        enclosed_product(column.transposed, slice_weights(np.ones((1, n))).transposed),
    ):
        assert Fraction(found.high[0, 0]) + Fraction(found.low[0, 0]) == n
        assert exact <= Fraction(found.radius[0, 0]) <= exact * (1 + Fraction(1, 2**25))


def test_an_infinite_weight_does_not_affect_other_results():
    w = np.array([[np.inf, 0.0], [1e10 / 3, 1e10 / 7]])
    with np.errstate(invalid="ignore"):
        found = enclosed_product(Enclosure.from_floats(np.array([[1 / 3, 1 / 7]])), slice_weights(w).transposed)
    exact = Fraction(1 / 3) * Fraction(1e10 / 3) + Fraction(1 / 7) * Fraction(1e10 / 7)
    error = abs(Fraction(found.high[0, 1]) + Fraction(found.low[0, 1]) - exact) if np.isfinite(found.high[0, 1]) else 0
    assert not np.isfinite(found.radius[0, 1]) or error <= Fraction(found.radius[0, 1])


def test_only_the_wide_entries_are_recomputed_in_balls():
    random = np.random.default_rng(3)
    left, right = badly_scaled(random, (4, 5), 30), badly_scaled(random, (5, 6), 30)
    found = Enclosure(np.zeros((4, 6)), np.zeros((4, 6)), np.full((4, 6), np.inf))
    is_wide = np.zeros((4, 6), dtype=bool)
    is_wide[1, 2] = is_wide[1, 4] = is_wide[3, 4] = True
    better = recompute_in_balls(found, is_wide, left, right)
    exact, terms = exactly(left) @ exactly(right), np.abs(left.high) @ np.abs(right.high)
    inherited = left.radius @ np.abs(right.high) + np.abs(left.high) @ right.radius + left.radius @ right.radius
    assert (np.isinf(better.radius) == ~is_wide).all()
    assert (np.abs(exactly(better) - exact)[is_wide] <= fractions(better.radius[is_wide])).all()
    assert (better.radius <= 1.01 * inherited + 1e-29 * terms)[is_wide].all()
