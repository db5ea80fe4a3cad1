"""Laws that hold for every implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import inputs, random_inputs
from support.running import functions_of

from harness.cases.standard import standard_cases
from harness.jobs.evidence.soundness.trials import LOSSY
from harness.judging.verdict import digits, judge_array, max_norm_distance
from harness.model.contract import Unsupported
from harness.sandbox.sources.find import REFERENCE, find_implementations, python_implementations
from harness.truth.certify import certify

GRADIENT_CASES = [case for case in standard_cases() if not case.online]
each = pytest.mark.parametrize("implementation", python_implementations(), ids=lambda i: i.name)
# The digits in which results must agree; a difference quotient has fewer.
DIGITS = {"float64": 11, "float32": 4}
APPROXIMATE = {"finite_differences": {"float64": 4, "float32": 1}}
VANISHING = "random-3-4-5-4-3-4-2-sigmoid-small-batch4"  # gradients that a difference quotient takes for 0


def total(arrays):
    return [np.sum([np.asarray(array, float) for array in of_layer], axis=0) for of_layer in zip(*arrays, strict=True)]


def close(mine, theirs, least):
    """Whether every layer of two lists of arrays agrees to `least` digits."""
    layers = zip(mine, theirs, strict=True)
    return all(
        digits(max_norm_distance(np.asarray(a, float), np.asarray(b, float)), "float64") >= least for a, b in layers
    )


@each
def test_batch_gradient_is_the_sum_of_single_sample_gradients(implementation):
    backprop = functions_of(implementation).backprop
    ran = 0
    cases = [case for case in GRADIENT_CASES if 1 < case.batch <= 10]
    if implementation.name in APPROXIMATE:
        cases = [case for case in cases if case.id != VANISHING]
    for case in cases:
        given = case.build()
        network, x, t = given.network, given.x, given.t
        try:
            whole = backprop(network, x, t)
            singles = [backprop(network, x[i : i + 1], t[i : i + 1]) for i in range(case.batch)]
        except Unsupported:
            continue
        ran += 1
        least = APPROXIMATE.get(implementation.name, DIGITS)[case.dtype]
        assert close(whole.w, total(s.w for s in singles), least), case.id
        assert close(whole.b, total(s.b for s in singles), least), case.id
        if whole.delta is not None:
            for layer, delta in enumerate(whole.delta):
                stacked = np.vstack([np.asarray(s.delta[layer], float) for s in singles])
                assert close([delta], [stacked], least), case.id
    print(f"{ran} of {len(cases)} cases")
    assert ran > 0


@each
def test_step_is_w_minus_learning_rate_times_gradient(implementation):
    functions = functions_of(implementation)
    if functions.step is None:
        pytest.skip(f"{implementation.name} offers no step")
    ran = 0
    for case in GRADIENT_CASES:
        given = case.build()
        network, x, t = given.network, given.x, given.t
        try:
            moved = functions.step(network, x, t, case.learning_rate)
            gradients = functions.backprop(network, x, t)
        except Unsupported:
            continue
        ran += 1
        for before, after, w, b in zip(network.layers, moved.layers, gradients.w, gradients.b, strict=True):
            expected = [before.w - case.learning_rate * np.asarray(w), before.b - case.learning_rate * np.asarray(b)]
            # Both sides round once or twice in the case's dtype.
            for got, want in zip([after.w, after.b], expected, strict=True):
                assert np.abs(got - want).max() <= 2 * np.finfo(case.dtype).eps * max(1, np.abs(want).max()), case.id
    print(f"{ran} of {len(GRADIENT_CASES)} cases")
    assert ran > 0


@pytest.mark.parametrize(
    "implementation", [i for i in python_implementations() if i.name not in LOSSY], ids=lambda i: i.name
)
@settings(max_examples=25)
@given(given_inputs=inputs(max_width=4, max_batch=3))
def test_agrees_with_the_truth_on_any_architecture(implementation, given_inputs):
    """Every entry is within its own rounding bound, without a tolerance."""
    network, x, t = given_inputs.network, given_inputs.x, given_inputs.t
    try:
        gradients = functions_of(implementation).backprop(network, x, t)
    except Unsupported:
        return
    standards = certify(given_inputs, 0.5, "float64")
    compared = 0
    for quantity, arrays in (("w", gradients.w), ("b", gradients.b), ("delta", gradients.delta or [])):
        for layer, array in enumerate(arrays, start=1):
            compared += 1
            assert judge_array(np.asarray(array, float), standards[quantity, layer]).verdict in (
                "agrees",
                "cannot tell",
            )
    assert compared >= 2 * len(network.layers)


@pytest.mark.parametrize("block", [1, 5, 16])
@settings(max_examples=50)
@given(given_inputs=inputs())
def test_blocks_of_any_size_give_the_same_result(block, given_inputs):
    """batched_matrices works on blocks of rows; here they are small, down to single rows."""
    network, x, t = given_inputs.network, given_inputs.x, given_inputs.t
    batched, plain = (functions_of(found) for found in find_implementations(["batched_matrices", "matrices"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(batched.backprop.__globals__, "BLOCK", block)
        gradients, moved = batched.backprop(network, x, t), batched.step(network, x, t, 0.5)
    whole, expected = plain.backprop(network, x, t), plain.step(network, x, t, 0.5)
    for name in ("w", "b", "delta"):
        assert close(getattr(gradients, name), getattr(whole, name), DIGITS["float64"])
    assert close([layer.w for layer in moved.layers], [layer.w for layer in expected.layers], DIGITS["float64"])
    assert close([layer.b for layer in moved.layers], [layer.b for layer in expected.layers], DIGITS["float64"])


def test_a_result_is_unchanged_by_later_calls():
    """Results are in new memory, which a later call with other data does not overwrite."""
    [batched] = find_implementations(["batched_matrices"])
    first_inputs, second_inputs = (
        random_inputs([3, 40, 2], "tanh", "identity", "half_squared_error", 7, seed) for seed in (1, 2)
    )
    functions = functions_of(batched)
    first = functions.backprop(first_inputs.network, first_inputs.x, first_inputs.t)
    kept = [array.copy() for array in (*first.w, *first.b, *first.delta)]
    functions.backprop(first_inputs.network, second_inputs.x, second_inputs.t)
    functions.step(first_inputs.network, second_inputs.x, second_inputs.t, 0.5)
    assert all(map(np.array_equal, (*first.w, *first.b, *first.delta), kept))


@settings(max_examples=50)
@given(given_inputs=inputs(), permutation_seed=st.integers(0, 2**32))
def test_the_order_of_the_rows_does_not_matter(given_inputs, permutation_seed):
    [batched] = find_implementations(["batched_matrices"])
    backprop = functions_of(batched).backprop
    order = np.random.default_rng(permutation_seed).permutation(len(given_inputs.x))
    original = backprop(given_inputs.network, given_inputs.x, given_inputs.t)
    permuted = backprop(given_inputs.network, given_inputs.x[order], given_inputs.t[order])
    assert close(original.w, permuted.w, DIGITS["float64"])
    assert close([d[order] for d in original.delta], permuted.delta, DIGITS["float64"])


def test_a_kink_follows_pytorch():
    """relu'(0) = 0 and leaky_relu'(0) = 0.01 in the harness's definitions as in PyTorch's."""
    for name in ("relu", "leaky_relu"):
        flat = random_inputs([2, 3, 2], name, "identity", "half_squared_error", 2, seed=1)
        first, last = flat.network.layers
        network = flat.network.with_parameters([first.w * 0, last.w], [first.b * 0, last.b])
        mine, theirs = (
            functions_of(found).backprop(network, flat.x, flat.t)
            for found in find_implementations(["batched_matrices", REFERENCE])
        )
        assert close(mine.delta, theirs.delta, DIGITS["float64"])
        assert np.abs(mine.delta[0]).max() > 0 or name == "relu"
