"""The truth by slices: exact against fractions in its products, and entry by entry against balls of 256 bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import HIDDEN, random_inputs

from harness import balls, large, truth
from harness.certify import DECIDES, certify
from harness.contract import Inputs
from harness.double_double import Double
from harness.enclosure import Enclosure
from harness.products import NARROW, by_balls, sum_of_outer_products, times, weights
from harness.slicing import BITS, cut, cut_for, product, product_of_columns

fractions = np.vectorize(Fraction, otypes=[object])


def exactly(middle):
    """The midpoint of an enclosure, or a Double, in fractions."""
    return fractions(middle.high) + fractions(middle.low)


def badly_scaled(random, shape, spread):
    """Normal numbers times powers of two up to 2^±spread, with low parts, some lines of zeros, some radii."""
    high = random.normal(size=shape) * 2.0 ** random.integers(-spread, spread + 1, shape)
    high[:, random.integers(0, 6, shape[1]) == 0] = 0
    low = high * 2.0**-54 * random.uniform(-1, 1, shape)
    return Enclosure(high, low, np.abs(high) * random.choice([0.0, 2.0**-70], shape))


@pytest.mark.parametrize("inner", [1, 2, 32, 1000, 1024, 4096, 50_000])
def test_slices_are_few_bits_of_what_they_add_up_to(inner):
    how = cut_for(inner)
    assert how.bits * how.slices >= BITS
    # All that can meet in one sum fits into 53 bits.
    assert inner * how.slices * (2 ** (how.bits - 1)) ** 2 <= 2**53
    random = np.random.default_rng(inner)
    for axis in (None, 0, 1):
        matrix = badly_scaled(random, (3, 40), 10).middle
        slices = cut(matrix, how, axis)
        scale = fractions(slices.scale)
        gap = np.abs(exactly(matrix) - fractions(slices.parts).sum(axis=0) * scale)
        assert (gap <= scale * Fraction(1, 2 ** (how.bits * how.slices + 1))).all()
        for number, part in enumerate(slices.parts, start=1):
            units = part * 2.0 ** (how.bits * number)
            assert (units == np.rint(units)).all()
            assert (np.abs(units) <= 2 ** (how.bits - 1)).all()


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 5, 30, 100]))
def test_products_of_slices_err_by_their_slip(seed, spread):
    random = np.random.default_rng(seed)
    n, k, m = random.integers(1, 9, 3)
    how = cut_for(int(k))
    a, w = badly_scaled(random, (n, k), spread).middle, badly_scaled(random, (k, m), spread).middle
    in_rows = cut(a, how, axis=1), cut(w, how)
    in_columns = cut(Double(a.high.T, a.low.T), how, axis=0), cut(w, how, axis=0)
    exact = exactly(a) @ exactly(w)
    for one, other, found in (
        (*in_rows, product(*in_rows, how)),
        (in_columns[0].transposed, in_columns[1], product_of_columns(*in_columns, how)),
    ):
        scale = fractions(one.scale) * fractions(other.scale)
        allowed = Fraction(how.slip) * scale + np.abs(exact) * Fraction(1, 2**100)
        assert (np.abs(exactly(found) * scale - exact) <= allowed).all()


@pytest.mark.parametrize("inner", [1, 3, 32, 500])
def test_the_slip_is_what_the_worst_matrix_loses(inner):
    """Every slice is as large as it can be and leaves as much as it can, with one sign: nothing cancels."""
    how = cut_for(inner)
    digits = [Fraction(2 ** (how.bits - 1) - 1, 2 ** (how.bits * t)) for t in range(1, 8)]
    exact = sum(digits)
    high = float(exact)
    worst = Double(np.full((2, inner), high), np.full((2, inner), float(exact - Fraction(high))))
    slices = cut(worst, how, axis=1)
    entry = exactly(worst)[0, 0]
    for found in (
        product(slices, slices.transposed, how),
        product_of_columns(slices.transposed, slices.transposed, how),
    ):
        error = abs(exactly(found)[0, 0] * Fraction(slices.scale[0, 0]) ** 2 - inner * entry**2)
        lost = float(error / Fraction(slices.scale[0, 0]) ** 2) / how.slip
        assert 0.1 < lost <= 1, lost


@settings(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 5, 30, 100, 400]))
def test_products_of_enclosures_enclose_every_product(seed, spread):
    """Also of the ends of the intervals that the factors are."""
    random = np.random.default_rng(seed)
    n, k, m = random.integers(1, 9, 3)
    a, w = badly_scaled(random, (n, k), spread), badly_scaled(random, (m, k), spread).high
    with np.errstate(invalid="ignore"):  # what is scaled too far is NaN, and decides nothing
        found = times(a, weights(w).transposed)
        other = sum_of_outer_products(a.transposed, Enclosure.exactly(w.T))
    terms = np.abs(a.high) @ np.abs(w).T
    inherited = a.radius @ np.abs(w).T
    for sign in (-1, 0, 1):
        exact = (exactly(a) + sign * fractions(a.radius)) @ fractions(w).T
        for product_found in (found, other):
            decided = np.isfinite(product_found.radius)
            radius = fractions(np.where(decided, product_found.radius, 0))
            assert (~decided | (np.abs(exactly(product_found) - exact) <= radius)).all()
    # None is left wider than its terms and its factors make it, however they are scaled.
    assert (found.radius <= inherited * (1 + 1e-9) + 2 * NARROW * terms + 1e-300)[terms < 1e300].all()


@pytest.mark.parametrize("exponent", [-540, -535, -500, 0, 200])
@pytest.mark.parametrize("radius", [0.0, 2.0**-52, 0.5])
def test_radii_hold_at_the_bottom_of_the_range_too(exponent, radius):
    """Where products are subnormal, every operation may lose half of the smallest number."""
    random = np.random.default_rng(abs(exponent))
    for rows in (1, 2, 5, 400):
        high = random.normal(size=(rows, 3)) * 2.0**exponent
        a = Enclosure(high, high * 2.0**-54, np.abs(high) * radius)
        w = random.normal(size=(2, rows)) * 2.0**exponent
        for found in (times(a.transposed, weights(w).transposed), sum_of_outer_products(a, Enclosure.exactly(w.T))):
            for sign in (-1, 0, 1):  # the ends of the intervals, where all products go the same way
                ends = (
                    exactly(a.transposed)[:, None, :]
                    + sign * fractions(a.radius.T)[:, None, :] * fractions(np.sign(w))[None]
                )
                exact = (ends * fractions(w)[None]).sum(axis=-1)
                assert (np.abs(exactly(found) - exact) <= fractions(found.radius)).all(), (rows, sign)


def test_what_a_long_sum_of_radii_rounds_off_is_in_the_radius():
    random = np.random.default_rng(9)
    n = 100_000
    one = Enclosure(np.ones((n, 1)), np.zeros((n, 1)), random.uniform(0.3, 0.4, (n, 1)))
    exact = sum(map(Fraction, one.radius.ravel().tolist()))
    for found in (
        sum_of_outer_products(one, Enclosure.exactly(np.ones((n, 1)))),
        times(one.transposed, weights(np.ones((1, n))).transposed),
    ):
        assert Fraction(found.high[0, 0]) + Fraction(found.low[0, 0]) == n
        assert exact <= Fraction(found.radius[0, 0]) <= exact * (1 + Fraction(1, 2**25))


def test_one_weight_that_is_no_number_spoils_no_other():
    w = np.array([[np.inf, 0.0], [1e10 / 3, 1e10 / 7]])
    with np.errstate(invalid="ignore"):
        found = times(Enclosure.exactly(np.array([[1 / 3, 1 / 7]])), weights(w).transposed)
    exact = Fraction(1 / 3) * Fraction(1e10 / 3) + Fraction(1 / 7) * Fraction(1e10 / 7)
    error = abs(Fraction(found.high[0, 1]) + Fraction(found.low[0, 1]) - exact) if np.isfinite(found.high[0, 1]) else 0
    assert not np.isfinite(found.radius[0, 1]) or error <= Fraction(found.radius[0, 1])


def test_balls_take_the_entries_that_are_asked_for_and_leave_the_others():
    random = np.random.default_rng(3)
    one, other = badly_scaled(random, (4, 5), 30), badly_scaled(random, (5, 6), 30)
    found = Enclosure(np.zeros((4, 6)), np.zeros((4, 6)), np.full((4, 6), np.inf))
    wide = np.zeros((4, 6), dtype=bool)
    wide[1, 2] = wide[1, 4] = wide[3, 4] = True
    better = by_balls(found, wide, one, other)
    exact, terms = exactly(one) @ exactly(other), np.abs(one.high) @ np.abs(other.high)
    inherited = one.radius @ np.abs(other.high) + np.abs(one.high) @ other.radius + one.radius @ other.radius
    assert (np.isinf(better.radius) == ~wide).all()
    assert (np.abs(exactly(better) - exact)[wide] <= fractions(better.radius[wide])).all()
    assert (better.radius <= 1.01 * inherited + 1e-29 * terms)[wide].all()


OUTPUTS = [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("tanh", "half_squared_error")]
OUTPUTS += [("identity", "half_squared_error"), ("softplus", "half_squared_error")]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=5),
    st.sampled_from(HIDDEN),
    st.sampled_from(OUTPUTS),
    st.integers(1, 6),
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 3, 12, 40]),
)
def test_encloses_what_balls_enclose_in_every_entry(widths, hidden, output, batch, seed, spread):
    inputs = random_inputs(widths, hidden, *output, batch, seed)
    random = np.random.default_rng(seed)
    layers = inputs.network.layers
    scaled = [layer.w * 2.0 ** random.integers(-spread, spread // 3 + 1, layer.w.shape) for layer in layers]
    inputs = Inputs(inputs.network.with_parameters(scaled, [layer.b for layer in layers]), inputs.x, inputs.t)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found, known_well = large.backprop(inputs), truth.enclose(inputs, 256)
    compared = 0
    for name in ("a", "delta", "parameters"):
        for one, other in zip(getattr(found, name), getattr(known_well, name), strict=True):
            known = np.isfinite(one.radius) & np.isfinite(other.radius)
            gap = np.abs((one.high - other.high) + (one.low - other.low))
            # The four operations of this comparison round as well.
            assert (gap <= (one.radius + other.radius) * (1 + 1e-9) + 2.0**-104 * np.abs(one.high))[known].all()
            compared += int(known.sum())
    assert compared


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output[0])
def test_decides_every_entry_of_an_ordinary_network(hidden, output):
    """More digits than float64 has, by a few powers of ten."""
    inputs = random_inputs([30, 40, 20, 5], hidden, *output, 16, seed=7)
    assert truth.is_large(inputs)
    found = next(truth.attempts(inputs))()
    for enclosure in (*found.a, *found.delta, *found.parameters):
        assert (enclosure.radius <= 2.0**-64 * np.abs(enclosure.high).max()).all()
    standards = certify(inputs, 0.5, "float64")
    assert not any(standard.undecidable.any() for standard in standards.values())


def test_a_column_of_a_range_of_1e34_is_decided_too():
    """Where a large entry of one factor meets only small ones of the other, slices see nothing of the sum."""
    random = np.random.default_rng(5)
    inputs = random_inputs([40, 30, 5], "identity", "identity", "half_squared_error", 8, seed=5)
    x = inputs.x * 10.0 ** random.uniform(-34, 0, inputs.x.shape)
    w = [layer.w * 10.0 ** random.uniform(-34, 0, layer.w.shape) for layer in inputs.network.layers]
    scaled = Inputs(inputs.network.with_parameters(w, [layer.b * 0 for layer in inputs.network.layers]), x, inputs.t)
    assert truth.is_large(scaled)
    standards = certify(scaled, 0.5, "float64")
    for standard in standards.values():
        assert (standard.truth.radius <= DECIDES * standard.bound).all()


@pytest.mark.parametrize("name", [*HIDDEN, "softmax"])
@pytest.mark.parametrize("radius", [0.0, 2.0**-60, 1e-3, 0.5, 30.0, 700.0])
def test_activations_enclose_all_that_their_argument_may_be(name, radius):
    random = np.random.default_rng(8)
    rows = [random.normal(size=6) * size for size in (1e-9, 1e-3, 1, 20, 300)]
    rows += [np.zeros(6), np.array([-800.0, -750.0, 0.0, 750.0, 800.0, -374.0])]
    z = Enclosure(np.array(rows), np.array(rows) * 2.0**-55, np.full((7, 6), radius))
    a, slope = large.activate(name, z)
    with ctx.workprec(256):
        for signs in random.choice([-1.0, 0.0, 1.0], (20, 7, 6)):
            point = Enclosure(z.high, z.low, np.zeros((7, 6))).balls()
            point = point + balls.matrix(signs * radius)
            values, slopes = balls.activate(name, point.entries(), len(rows))
            for found, exact in ((a, values), (slope, slopes)):
                if exact:  # of a softmax nobody asks for slopes
                    [true] = Enclosure.of_balls([(exact, len(rows))])
                    gap = np.abs(exactly(found) - exactly(true))
                    known = np.isfinite(found.radius)
                    assert (gap[known] <= fractions(found.radius[known]) + fractions(true.radius[known])).all()


def test_kinks_are_met_as_pytorch_meets_them():
    z = Enclosure(np.array([[0.0, 1.0, -1.0, 1e-30]]), np.zeros((1, 4)), np.array([[0.0, 1e-30, 1e-30, 1e-29]]))
    for name, leak in (("relu", 0.0), ("leaky_relu", 0.01)):
        a, slope = large.activate(name, z)
        assert slope.high[0, :3].tolist() == [leak, 1.0, leak]
        assert slope.radius[0, 3] == 1.0
        assert a.high[0, :3].tolist() == [0.0, 1.0, -leak]
        # All of the interval [-9e-30, 1.1e-29], whatever the branch.
        assert a.high[0, 3] - a.radius[0, 3] <= -9e-30 * leak
        assert a.high[0, 3] + a.radius[0, 3] >= 1.1e-29


@pytest.mark.parametrize(("hidden", "output"), [("sigmoid", OUTPUTS[1]), ("tanh", OUTPUTS[3]), ("relu", OUTPUTS[0])])
@pytest.mark.parametrize("size", [1e200, 1e300])
def test_what_overflows_is_not_decided_and_nothing_fails(hidden, output, size):
    inputs = random_inputs([40, 30, 5], hidden, *output, 8, seed=3)
    first, last = inputs.network.layers
    network = inputs.network.with_parameters([first.w * size, last.w], [first.b, last.b])
    standards = certify(Inputs(network, inputs.x * 1e200, inputs.t), 0.5, "float64")
    assert standards["w", 1].undecidable.all()


def test_a_blank_row_without_biases_is_decided_without_balls(monkeypatch):
    """Its weighted inputs are exactly 0, and relu'(0) = 0 by convention."""
    inputs = random_inputs([40, 30, 5], "relu", "softmax", "cross_entropy", 8, seed=3)
    layers = inputs.network.layers
    network = inputs.network.with_parameters([layer.w for layer in layers], [layer.b * 0 for layer in layers])
    x = inputs.x.copy()
    x[2] = 0
    monkeypatch.setattr(truth, "enclose", lambda *_: pytest.fail("balls were needed"))
    standards = certify(Inputs(network, x, inputs.t), 0.5, "float64")
    assert not any(standard.undecidable.any() for standard in standards.values())
    assert (standards["delta", 1].truth.high[2] == 0).all()
