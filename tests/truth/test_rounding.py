"""The rounding bounds: correct code never exceeds them, and they are small enough to detect errors."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from support.networks import inputs, random_inputs
from support.running import cause_of, functions_of, tallied

from harness.jobs.evidence.mistakes.peers.checkers import central_differences, gradcheck, gradproof
from harness.jobs.evidence.mistakes.peers.sensitivity import problems
from harness.jobs.evidence.soundness import trials
from harness.jobs.evidence.soundness.trials import LOSSY, SPECIAL_EVERY, TrialTally, random_case
from harness.judging.conventions import DEFAULT_CONVENTION, quantities_of
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Gradients, Inputs, Layer, Network, Unsupported
from harness.model.costs import COSTS
from harness.sandbox.host.returned import gradient_arrays
from harness.sandbox.sources.find import available_implementations, find_implementations, python_implementations
from harness.sandbox.sources.toolchains import language_named
from harness.truth import gradient
from harness.truth.bounds.float_format import FloatFormat, float_format
from harness.truth.certify import certify, certify_forward, error_over_bound


def test_no_false_alarm_on_a_sample_of_random_networks():
    """The same as the first trials of `nox -s soundness`."""
    implementations = tuple(found for found in python_implementations() if found.name not in LOSSY)
    tally = TrialTally()
    for trial in tallied(implementations, range(40)):
        tally = tally.plus(trial)
    print(
        f"{tally.entries.total():,} entries, {tally.undecided.total():,} undecided, {tally.alarms.total()} false alarms"
    )
    assert tally.alarms.total() == 0, tally.where
    assert tally.entries.total() > 500_000
    assert tally.undecided.total() < 0.1 * tally.entries.total()
    assert set(tally.entries) == {"(forward pass)", *(implementation.name for implementation in implementations)}
    # The bounds are tight: half of the inexact entries have an error of more than 1/400 of the bound.
    assert all(worst > 0.01 for worst in tally.worst.values())
    print(f"medians: {tally.tight().quantile(0.5):.1e}, {tally.tight().quantile(0.5, with_exact=False):.1e}")
    assert tally.tight().quantile(0.5, with_exact=False) > 1 / 400


def test_no_false_alarm_for_programs_in_other_languages():
    """Without the tightness: they compute the float32 networks in float64."""
    every = [found for found in available_implementations() if found.command]
    here = tuple(found for found in every if not language_named(found.language).missing)
    tally = TrialTally()
    for trial in tallied(here, range(20)):
        tally = tally.plus(trial)
    print(f"{len(here)} of {len(every)} programs can run here; {tally.entries.total():,} entries")
    assert tally.alarms.total() == 0, tally.where
    assert set(tally.entries) == {"(forward pass)", *(implementation.name for implementation in here)}


def with_huge_weights(number, most):
    """The network of a trial with some weights of up to 10^most, sometimes with two weights that cancel."""
    case, given_inputs = random_case(number)
    random = np.random.default_rng([number, 1])
    for layer in given_inputs.network.layers:
        places = random.choice(layer.w.size, min(layer.w.size, int(random.integers(1, 4))), replace=False)
        sizes = 10 ** random.uniform(3, most, len(places))
        layer.w.ravel()[places] = random.choice([-1, 1], len(places)) * sizes
        if layer.w.shape[1] > 1 and random.random() < 0.3:
            layer.w[0, 1] = -layer.w[0, 0]
    given_inputs.x[:, 1:2] = given_inputs.x[:, :1]
    return case, given_inputs


def has_bounds(case, given_inputs):
    standards = certify(given_inputs, case.learning_rate, case.dtype)
    return all(np.isfinite(standard.bound).all() for standard in standards.values())


def test_huge_weights_cause_no_false_alarm_and_few_undecided_entries(monkeypatch):
    """Even where E_z is in the thousands, e^{E_z} overflows and the slope is 0."""
    implementations = tuple(found for found in available_implementations() if found.name not in LOSSY)
    tally, overflowing = TrialTally(), 0
    for most in (9, 18):
        huge = partial(with_huge_weights, most=most)
        monkeypatch.setattr(trials, "random_case", huge)
        # Where a bound is infinite, correct code may return NaN, which is a failure.
        finite = [number for number in range(30) if has_bounds(*huge(number))]
        overflowing += 30 - len(finite)
        for trial in tallied(implementations, finite):
            tally = tally.plus(trial)
    print(f"{tally.entries.total():,} entries, {tally.undecided.total():,} undecided; {overflowing} overflow")
    assert overflowing <= 4
    assert tally.alarms.total() == 0, tally.where
    assert tally.entries.total() > 1_000_000
    assert tally.undecided.total() < 0.01 * tally.entries.total()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1e18, 1e30])
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize(("output", "cost"), [("sigmoid", "half_squared_error"), ("softmax", "cross_entropy")])
def test_one_huge_weight_in_any_layer_leaves_every_entry_decidable(hidden, output, cost, size, dtype):
    for layer in range(3):
        given_inputs = random_inputs([4, 5, 5, 3], hidden, output, cost, 4, seed=1, dtype=dtype)
        given_inputs.network.layers[layer].w[0, 0] = size
        for standards in (certify(given_inputs, 0.5, dtype), certify_forward(given_inputs, dtype)):
            for key, standard in standards.items():
                assert not standard.undecidable.any(), (layer, key)


def test_an_overflow_in_the_dtype_has_no_bound():
    """1e25 times 1e25 overflows in float32 but not in float64."""
    given_inputs = random_inputs([2, 2, 2], "identity", "identity", "half_squared_error", 2, seed=1)
    w = [np.full((2, 2), 1e25) for _ in range(2)]
    given_inputs = replace(given_inputs, network=given_inputs.network.with_parameters(w, [np.zeros(2)] * 2))
    for dtype, decidable in (("float32", False), ("float64", True)):
        forward = certify_forward(given_inputs.astype(dtype), dtype)
        assert np.isfinite(forward["z", 1].bound).all()
        assert (forward["z", 2].undecidable != decidable).all()
        assert (np.isfinite(certify(given_inputs.astype(dtype), 0.5, dtype)["w", 1].bound) == decidable).all()


def chain(weights, biases, activations, cost, x, t):
    """A network with one unit in each layer, in float32."""
    arrays = [np.float32([[w]]) for w in weights], [np.float32([b]) for b in biases]
    layers = [Layer(w, b, ACTIVATIONS[name]) for w, b, name in zip(*arrays, activations, strict=True)]
    return Inputs(Network(tuple(layers), COSTS[cost]), np.float32([[x]]), np.float32([[t]]))


def test_a_residual_that_overflows_has_no_bound():
    """3e38 minus −3e38 overflows in float32."""
    far = chain([1.0], [0.0], ["identity"], "half_squared_error", 3e38, -3e38)
    near = chain([1.0], [0.0], ["identity"], "half_squared_error", 1e38, -1e38)
    assert certify(far, 0.5, "float32")["delta", 1].undecidable.all()
    assert not certify(near, 0.5, "float32")["delta", 1].undecidable.any()


def test_an_overflow_in_forward_mode_has_no_bound_even_if_the_gradient_is_small():
    """Forward mode computes 2e19 times 2e19, though σ saturates and the gradient is nearly 0."""
    saturated = chain(
        [1.0, 2e19, 2e19], [0.0, 0.0, 100.0], ["identity"] * 2 + ["sigmoid"], "binary_cross_entropy", 0, 1
    )
    [dual_numbers] = find_implementations(["dual_numbers"])
    with np.errstate(all="ignore"):
        gradients = functions_of(dual_numbers).backprop(saturated.network, saturated.x, saturated.t)
    assert np.isnan(gradients.b[0]).all()
    assert certify(saturated, 0.5, "float32")["b", 1].undecidable.all()


def test_random_trials_vary_in_every_property():
    cases = [random_case(number) for number in range(300)]
    assert {case.dtype for case, _ in cases} == {"float32", "float64"}
    assert {case.batch == 1 for case, _ in cases} == {True, False}
    assert max(case.batch for case, _ in cases) > 400
    assert {len(case.widths) - 2 for case, _ in cases} == {0, 1, 2, 3}
    sizes = [np.abs(given.network.layers[0].w).max() for _, given in cases]
    assert min(sizes) < 0.01
    assert max(sizes) > 300
    smallest = [np.abs(given.network.layers[0].w[given.network.layers[0].w != 0]).min(initial=1) for _, given in cases]
    assert min(smallest) ** 2 < np.finfo("float64").tiny


def test_some_trials_meet_exact_zeros_and_kinks_without_a_false_alarm():
    """Trials with few bits: relu networks have a z of exactly 0, whose slope only rounding would decide."""
    relu = [n for n in range(0, 400, SPECIAL_EVERY) if "relu" in random_case(n)[0].id][:8]
    implementations = tuple(find_implementations(["batched_matrices", "torch_autograd"]))
    tally = TrialTally()
    for trial in tallied(implementations, relu):
        tally = tally.plus(trial)
    assert len(relu) == 8
    assert tally.alarms.total() == 0, tally.where
    assert tally.sets.total() > 1000
    assert tally.undecided.total() == 0


def test_a_bound_for_float32_is_wider_by_the_ratio_of_the_roundoffs():
    given_inputs = random_inputs([4, 5, 3], "tanh", "sigmoid", "half_squared_error", 4, seed=2, dtype="float32")
    single, double = (certify(given_inputs, 0.5, dtype) for dtype in ("float32", "float64"))
    for key, standard in single.items():
        ratio = np.median(standard.bound / double[key].bound)
        assert 2.0**28 < ratio < 2.0**30


def test_gamma_is_highams_and_is_limited():
    fmt = float_format("float64")
    assert fmt.u == 2.0**-53
    assert fmt.gamma(10) == pytest.approx(10 * 2.0**-53, rel=1e-14)
    with pytest.raises(ValueError, match="no rounding bound"):
        FloatFormat("two digits", 0.01, 0.0, 1e9, 4).gamma(100)


@settings(max_examples=50)
@given(given_inputs=inputs(max_hidden_layers=2))
def test_float32_code_fails_the_float64_bound_and_passes_its_own(given_inputs):
    """The errors of float32 arithmetic are far larger than the bound for float64."""
    single = given_inputs.network.with_parameters(
        [layer.w.astype("float32") for layer in given_inputs.network.layers],
        [layer.b.astype("float32") for layer in given_inputs.network.layers],
    )
    exact_in_single = type(given_inputs)(single, given_inputs.x.astype("float32"), given_inputs.t.astype("float32"))
    [batched] = find_implementations(["batched_matrices"])
    gradients = functions_of(batched).backprop(single, exact_in_single.x, exact_in_single.t)
    own, double = (certify(exact_in_single, 0.5, dtype) for dtype in ("float32", "float64"))
    for layer, w in enumerate(gradients.w, start=1):
        assert (error_over_bound(w.astype(float), own["w", layer]) <= 1).all()
        where = (np.abs(double["w", layer].truth.high) > 0) & ~double["w", layer].undecidable
        off = error_over_bound(w.astype(float), double["w", layer])[where]
        # A product of a few numbers may happen to be exact; a large array of them is not.
        assert off.size < 8 or off.max() > 1


@pytest.mark.parametrize(
    ("widths", "error"), [((4, 6, 3), 1e-13), ((10, 16, 10), 1e-12), ((24, 24, 16), 1e-12), ((784, 120, 40, 10), 1e-9)]
)
def test_a_small_error_in_one_entry_is_always_wrong(widths, error):
    """For the median entry of every network of these widths, by the bound and by the cause."""
    [batched] = find_implementations(["batched_matrices"])
    for problem in problems(widths):
        assert gradproof(problem.inputs, problem.right)
        assert not gradproof(problem.inputs, problem.planted(error))

        def spoiled(given_inputs, problem=problem):
            g = functions_of(batched).backprop(given_inputs.network, given_inputs.x, given_inputs.t)
            g.w[0][problem.index] *= 1 + error
            return {("w", layer): w.astype(float) for layer, w in enumerate(g.w, start=1)}

        assert cause_of(spoiled, problem.inputs, 0.5, "float64").verdict == "wrong"


def test_gradcheck_with_default_tolerances_misses_an_error_that_the_bounds_detect():
    """A relative error of 1e-3 in one entry: out of bounds, but within atol = 1e-5 and rtol = 1e-3."""
    [problem, *_] = problems((4, 6, 3))
    spoiled = problem.planted(1e-3)
    assert gradcheck(problem.inputs, problem.right)
    assert gradcheck(problem.inputs, spoiled)
    assert not gradproof(problem.inputs, spoiled)
    assert not central_differences(problem.inputs, problem.planted(1e-1))


def in_float32(network, x, t):
    [batched] = find_implementations(["batched_matrices"])
    single = network.with_parameters(
        [layer.w.astype("float32") for layer in network.layers], [layer.b.astype("float32") for layer in network.layers]
    )
    gradients = functions_of(batched).backprop(single, x.astype("float32"), t.astype("float32"))
    return Gradients([w.astype(float) for w in gradients.w], [b.astype(float) for b in gradients.b])


def in_float64(network, x, t):
    [batched] = find_implementations(["batched_matrices"])
    return functions_of(batched).backprop(network, x, t)


def verdict_of(function, given_inputs, spoil):
    def run(perturbed):
        gradients = function(perturbed.network, perturbed.x, perturbed.t)
        spoil(gradients)
        arrays = {("w", l): w for l, w in enumerate(gradients.w, 1)} | {
            ("b", l): b for l, b in enumerate(gradients.b, 1)
        }
        return {key: np.asarray(array, float) for key, array in arrays.items()}

    return cause_of(run, given_inputs, 0.5, "float64").verdict


def flip_a_bias(gradients):
    gradients.b[0][1] *= -1


def flip_everything(gradients):
    for array in (*gradients.w, *gradients.b):
        array *= -1


def leave(gradients):
    pass


def test_a_wrong_formula_in_float32_is_wrong_and_not_inaccurate():
    for seed in range(8):
        given_inputs = random_inputs([4, 6, 3], "tanh", "sigmoid", "half_squared_error", 5, seed)
        assert verdict_of(in_float32, given_inputs, leave) == "inaccurate"
        assert verdict_of(in_float32, given_inputs, flip_a_bias) == "wrong"
        assert verdict_of(in_float64, given_inputs, flip_a_bias) == "wrong"


def test_near_a_minimum_a_wrong_sign_is_wrong_and_float32_is_inaccurate():
    """Residuals are of order 1e-3, so perturbed inputs change the gradient completely unless the targets follow."""
    for seed in range(4):
        far = random_inputs([4, 5, 3], "tanh", "identity", "half_squared_error", 4, seed)
        a = far.x
        for layer in far.network.layers:
            a = layer.activation.f(a @ layer.w.T + layer.b)
        near = replace(far, t=a + 1e-3 * np.random.default_rng(seed).uniform(-1, 1, a.shape))
        assert verdict_of(in_float64, near, flip_everything) == "wrong"
        assert verdict_of(in_float32, near, leave) == "inaccurate"


def test_a_gradient_through_dead_units_is_wrong_where_the_truth_is_zero():
    dead = random_inputs([3, 4, 2], "relu", "identity", "half_squared_error", 3, seed=2)
    first, last = dead.network.layers
    dead = replace(dead, network=dead.network.with_parameters([first.w, last.w], [first.b - 100, last.b]))

    def add_one(gradients):
        gradients.w[0] += 1.0

    assert verdict_of(in_float64, dead, add_one) == "wrong"


def test_equal_weights_and_many_paths_stay_within_the_bound():
    """All terms of all layers have one sign, the worst case for rounding."""
    implementations = [found for found in python_implementations() if found.name not in LOSSY]
    for widths, size in (((4,) * 7, 0.1), ((2,) * 13, 0.7)):
        given_inputs = random_inputs(list(widths), "identity", "identity", "half_squared_error", 2, seed=1)
        w = [np.full_like(layer.w, size) for layer in given_inputs.network.layers]
        given_inputs = replace(given_inputs, network=given_inputs.network.with_parameters(w, [b[0] * 0 for b in w]))
        standards = certify(given_inputs, 0.5, "float64")
        compared = 0
        for implementation in implementations:
            try:
                gradients = functions_of(implementation).backprop(given_inputs.network, given_inputs.x, given_inputs.t)
            except Unsupported:
                continue
            compared += 1
            for layer, array in enumerate(gradients.w, start=1):
                assert (error_over_bound(np.asarray(array, float), standards["w", layer]) <= 1).all(), (
                    implementation.name
                )
        assert compared >= 8


def test_a_cast_that_overflows_is_ignored_when_the_cause_is_determined():
    big = random_inputs([3, 4, 2], "tanh", "identity", "half_squared_error", 2, seed=1)
    big.network.layers[0].w[0, 0] = 1e39

    def flip(gradients):
        gradients.w[1] *= -1.0

    assert verdict_of(in_float64, big, flip) == "wrong"


def test_targets_that_do_not_sum_to_1_have_no_truth():
    given_inputs = random_inputs([3, 2], "tanh", "softmax", "cross_entropy", 2, seed=1)
    with pytest.raises(ValueError, match="does not sum to 1"):
        certify(replace(given_inputs, t=np.ones((2, 2))), 0.5, "float64")


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(
    ("place", "name"), [*enumerate(["w of layer 1", "b of layer 1", "w of layer 2", "b of layer 2", "x", "t"])]
)
def test_inputs_that_are_not_finite_are_refused_by_name_and_place(monkeypatch, place, name, value):
    given_inputs = random_inputs([3, 4, 2], "tanh", "sigmoid", "half_squared_error", 2, seed=1)
    array = given_inputs.arrays()[place]
    array[(1,) * array.ndim] = value
    monkeypatch.setattr(gradient, "enclose_in_balls", None)  # no enclosure is tried
    index = ", ".join(["1"] * array.ndim)
    for refused in (lambda: certify(given_inputs, 0.5, "float64"), lambda: certify_forward(given_inputs, "float64")):
        with pytest.raises(ValueError, match=rf"^{name} holds {value} at \[{index}\]: .* finite numbers only$"):
            refused()


def test_finite_differences_are_inaccurate_by_evidence_not_wrong():
    [finite_differences] = find_implementations(["finite_differences"])
    given_inputs = random_inputs([3, 4, 2], "tanh", "sigmoid", "half_squared_error", 2, seed=9)

    def run(perturbed):
        gradients = functions_of(finite_differences).backprop(perturbed.network, perturbed.x, perturbed.t)
        return quantities_of("backprop", gradient_arrays(gradients, perturbed), perturbed, DEFAULT_CONVENTION)

    found = cause_of(run, given_inputs, 0.5, "float64")
    assert (found.verdict, found.reason) == ("inaccurate", "its error shrinks in higher precision")
