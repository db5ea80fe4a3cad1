"""One formula and one constant are fitted to all arrays together: nothing is fitted to an array that is wrong."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.model.textbook import Textbook
from harness.sandbox.inference.exploring.explore import PROBE_WIDTHS
from harness.sandbox.inference.fit import CLOSE, DIVISORS, FORMULAS, RATE, Probe, best_fits, divisor
from harness.sandbox.inference.fit import _with_formula as with_formula
from harness.sandbox.inference.probes import PROBE_ROWS, random_inputs

WIDTHS = ((7, 5, 3), (9, 7, 5, 3), (7, 5, 1), (5, 3))
EQUAL = (4, 4, 4, 4)  # so that the weights of another layer fit
PROBES = {widths: [Probe(random_inputs(widths, rows)) for rows in (PROBE_ROWS, 1)] for widths in (*WIDTHS, EQUAL)}
CONSTANTS = st.floats(1e-3, 1e3).flatmap(lambda c: st.sampled_from([c, -c])) | st.sampled_from([1.0, -1.0, 2.0, 0.5])
MULTI_LAYER = [widths for widths in WIDTHS if len(widths) > 2]


def has_choice(formula, widths):
    """Whether a single row shows gradients: the softmax of one output is 1, and one relu is 0 so that it differs from
    the identity, which is more frequent."""
    return formula.output not in ("softmax", "relu") or widths[-1] > 1


def numbers(probe, formula, factor, mistake=Textbook):
    """The gradients of a formula times a factor."""
    book = mistake(with_formula(probe.inputs, formula))
    gradients = book.gradients()
    layers = range(1, book.last + 1)
    return {(name, l): factor * getattr(gradients, name)[l - 1] for name in ("w", "b") for l in layers}


def answers_of(probes, formula, constant, reduction="sum", mistake=Textbook):
    return [numbers(probe, formula, constant / divisor(reduction, probe.inputs), mistake) for probe in probes]


def moved(probes, answers, rate):
    """The parameters after a step along these gradients."""
    found = []
    for probe, some in zip(probes, answers, strict=True):
        layers = probe.inputs.network.layers
        before = {(n, l): getattr(layer, n) for l, layer in enumerate(layers, 1) for n in ("w", "b")}
        found.append({key: before[key] - rate * gradient for key, gradient in some.items()})
    return found


def fitted(probes, answers, **options):
    given_ = {"is_step": False, "has_rate": False, "possible": FORMULAS, **options}
    return best_fits(probes, answers, **given_)


def are_proportional(one, other):
    """Whether all arrays of one formula are those of another times one constant, on these numbers."""
    a, b = (np.concatenate([np.ravel(array) for array in some.values()]) for some in (one, other))
    return bool(np.abs(a - (a @ b) / (b @ b) * b).max() <= CLOSE * np.abs(a).max())


def factors(fit, probes):
    return [fit.constant / divisor(fit.reduction, probe.inputs) for probe in probes]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda one: f"{one.hidden}-{one.output}-{one.cost}")
@settings(max_examples=8)
@given(widths=st.sampled_from(WIDTHS), constant=CONSTANTS, reduction=st.sampled_from(DIVISORS))
def test_the_gradients_of_a_formula_are_those_of_this_formula_with_this_constant(formula, widths, constant, reduction):
    assume(has_choice(formula, widths))
    probes = PROBES[widths]
    answers = answers_of(probes, formula, constant, reduction)
    fits = fitted(probes, answers)
    assert formula in {fit.formula for fit in fits}
    for fit in fits:
        assert fit.share == 1.0
        expected = [constant / divisor(reduction, probe.inputs) for probe in probes]
        assert factors(fit, probes) == pytest.approx(expected, rel=CLOSE)
        for probe, some in zip(probes, answers, strict=True):
            assert are_proportional(some, numbers(probe, fit.formula, 1.0))
    others = {fit.formula.hidden for fit in fits} - {formula.hidden}
    assert not others or len(widths) == 2  # what is hidden plays no part without hidden layers


@settings(max_examples=30)
@given(
    formula=st.sampled_from(FORMULAS),
    widths=st.sampled_from(WIDTHS),
    constant=st.floats(1e-2, 1e2),
    has_rate=st.booleans(),
)
def test_a_step_of_a_formula_is_this_formula_with_its_rate(formula, widths, constant, has_rate):
    assume(has_choice(formula, widths))
    probes = PROBES[widths]
    answers = moved(probes, answers_of(probes, formula, 1.0), constant)
    fits = fitted(probes, answers, is_step=True, has_rate=has_rate)
    assert formula in {fit.formula for fit in fits}
    for fit in fits:
        assert fit.share == 1.0
        assert factors(fit, probes) == pytest.approx([constant] * len(probes), rel=CLOSE)


@pytest.mark.parametrize("widths", [*PROBE_WIDTHS, (13, 11, 9, 7, 3), (13, 11, 9, 7, 1), (7, 1, 3), (5, 1, 1)])
def test_no_gradient_of_a_probe_is_zero(widths):
    """Where a relu is dead, nothing could be seen of a formula."""
    for rows, formula in product((PROBE_ROWS, 1), FORMULAS):
        if has_choice(formula, widths):
            probe = Probe(random_inputs(widths, rows))
            assert all(gradient.any() for gradient in numbers(probe, formula, 1.0).values())


def test_the_usual_constants_are_those_of_conventions():
    [formula, probes] = FORMULAS[0], PROBES[7, 5, 3]
    for constant, is_usual in ((1.0, True), (2.0, True), (-1.0, True), (-2.0, True), (0.3, False), (3.0, False)):
        assert fitted(probes, answers_of(probes, formula, constant))[0].is_usual == is_usual
    gradients = answers_of(probes, formula, 1.0)
    for rate, has_rate, is_usual in (
        (RATE, True, True),
        (0.07, True, False),
        (0.07, False, True),
        (-0.07, False, False),
    ):
        options = {"is_step": True, "has_rate": has_rate}
        assert fitted(probes, moved(probes, gradients, rate), **options)[0].is_usual == is_usual


@settings(max_examples=40)
@given(
    formula=st.sampled_from(FORMULAS),
    widths=st.sampled_from(MULTI_LAYER),
    constant=CONSTANTS,
    wrong=st.floats(0.1, 10).filter(lambda factor: abs(factor - 1) > 0.01),
    data=st.data(),
)
def test_one_array_with_another_factor_changes_neither_the_formula_nor_the_constant(
    formula, widths, constant, wrong, data
):
    assume(has_choice(formula, widths))
    probes = PROBES[widths]
    answers = answers_of(probes, formula, constant)
    key = data.draw(st.sampled_from(sorted(answers[0])))
    for some in answers:
        some[key] = some[key] * wrong
    fits = fitted(probes, answers)
    count = len(answers[0])
    assert formula in {fit.formula for fit in fits}
    for fit in fits:
        assert fit.share == (count - 1) / count
        assert factors(fit, probes) == pytest.approx([constant] * len(probes), rel=CLOSE)


class WithoutSlope(Textbook):
    """No f' in the first layer."""

    def hidden_delta(self, l):
        return self.sent_back(l) if l == 1 else super().hidden_delta(l)


class OtherWeights(Textbook):
    """The first layer's error is sent back through the weights of the output layer."""

    def weights_back(self, l):
        return self.layer(self.last if l == 2 else l).w


class BiasOnce(Textbook):
    """The bias gradient of the first layer is a mean where all else are sums."""

    def bias_gradient(self, l):
        return super().bias_gradient(l) / (len(self.inputs.x) if l == 1 else 1)


@pytest.mark.parametrize(
    ("mistake", "wrong"),
    [(WithoutSlope, {("w", 1), ("b", 1)}), (OtherWeights, {("w", 1), ("b", 1)}), (BiasOnce, {("b", 1)})],
)
@settings(max_examples=20)
@given(formula=st.sampled_from([one for one in FORMULAS if one.hidden != "identity"]), constant=CONSTANTS)
def test_a_mistake_in_one_layer_is_not_fitted(mistake, wrong, formula, constant):
    probes = PROBES[EQUAL]
    right, answers = (answers_of(probes, formula, constant, "sum", one) for one in (Textbook, mistake))
    for some, true in zip(answers, right, strict=True):
        assert {key for key in true if not np.allclose(some[key], true[key])} <= wrong
    fits = fitted(probes, answers)
    assert formula in {fit.formula for fit in fits}
    for fit in fits:
        assert fit.share < 1.0
        assert factors(fit, probes) == pytest.approx([constant] * len(probes), rel=CLOSE)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), widths=st.sampled_from(WIDTHS))
def test_random_numbers_are_the_gradients_of_no_formula(seed, widths):
    random, probes = np.random.default_rng(seed), PROBES[widths]
    noise = [
        {key: random.normal(size=one.shape) for key, one in numbers(probe, FORMULAS[0], 1.0).items()}
        for probe in probes
    ]
    # A single number is the multiple of any other, so one array of one output may be.
    assert all(fit.share <= 2 / (2 * len(noise[0])) for fit in fitted(probes, noise))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_array_with_a_nan_is_never_given(bad):
    probes, formula = PROBES[7, 5, 3], FORMULAS[0]
    answers = answers_of(probes, formula, 1.0)
    for some in answers:
        some["w", 1][0, 0] = bad
    for fit in fitted(probes, answers):
        assert fit.share == 3 / 4
        assert fit.constant == pytest.approx(1.0, rel=CLOSE)


def test_zeros_and_arrays_of_other_shapes_are_never_given():
    probes, formula = PROBES[7, 5, 3], FORMULAS[0]
    for spoil in (np.zeros_like, np.transpose, lambda one: one[:-1], lambda one: one.ravel()):
        answers = answers_of(probes, formula, 1.0)
        for some in answers:
            some["w", 2] = spoil(some["w", 2])
        assert {fit.share for fit in fitted(probes, answers)} == {3 / 4}
