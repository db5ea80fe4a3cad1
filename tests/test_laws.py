"""Laws that hold for every implementation, whatever it computes inside."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import functions_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import inputs, random_inputs

from harness.cases import standard_cases
from harness.contract import Unsupported
from harness.discover import REFERENCE, available, find
from harness.run import Inputs
from harness.verdict import digits, distance, verdict

IMPLEMENTATIONS = available()
GRADIENT_CASES = [case for case in standard_cases() if not case.epochs]
each = pytest.mark.parametrize("implementation", IMPLEMENTATIONS, ids=lambda i: i.name)
# A small cost is differenced here row by row, so that rounding shows more; see the page of finite_differences.
APPROXIMATE = {"finite_differences"}


def total(arrays):
    return [np.sum([np.asarray(array, float) for array in of_layer], axis=0) for of_layer in zip(*arrays, strict=True)]


def close(ones, others, dtype, approximate):
    """Layer by layer, at least `inaccurate` for those that approximate, and `agrees` for the others."""
    enough = ("agrees", "inaccurate") if approximate else ("agrees",)
    layers = zip(ones, others, strict=True)
    return all(
        verdict(digits(distance(np.asarray(a, float), np.asarray(b, float)), dtype), dtype) in enough for a, b in layers
    )


@each
def test_batch_gradient_is_the_sum_of_single_sample_gradients(implementation):
    backprop = functions_of(implementation).backprop
    ran = 0
    for case in (case for case in GRADIENT_CASES if 1 < case.batch <= 10):
        network, x, t = case.build()
        try:
            whole = backprop(network, x, t)
            singles = [backprop(network, x[i : i + 1], t[i : i + 1]) for i in range(case.batch)]
        except Unsupported:
            continue
        ran += 1
        approximate = implementation.name in APPROXIMATE
        assert close(whole.w, total(s.w for s in singles), case.dtype, approximate), case.id
        assert close(whole.b, total(s.b for s in singles), case.dtype, approximate), case.id
        if whole.delta is not None:
            for layer, delta in enumerate(whole.delta):
                stacked = np.vstack([np.asarray(s.delta[layer], float) for s in singles])
                assert close([delta], [stacked], case.dtype, approximate), case.id
    print(f"{ran} of {len(GRADIENT_CASES)} cases")
    assert ran > 0


@each
def test_step_is_w_minus_learning_rate_times_gradient(implementation):
    functions = functions_of(implementation)
    if functions.step is None:
        pytest.skip(f"{implementation.name} offers no step")
    ran = 0
    for case in GRADIENT_CASES:
        network, x, t = case.build()
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


@each
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_inputs=inputs(max_width=4, max_batch=3))
def test_agrees_with_the_reference_on_any_architecture(implementation, given_inputs):
    [reference] = find([REFERENCE])
    network, x, t = given_inputs.network, given_inputs.x, given_inputs.t
    if implementation.name in APPROXIMATE:
        pytest.skip("a difference quotient has no digits to promise where gradients vanish or a relu turns")
    try:
        gradients = functions_of(implementation).backprop(network, x, t)
    except Unsupported:
        return
    truth = functions_of(reference).backprop(network, x, t)
    for mine, theirs in ((gradients.w, truth.w), (gradients.b, truth.b), (gradients.delta or truth.delta, truth.delta)):
        assert close(mine, theirs, "float64", approximate=False)


@settings(max_examples=50, deadline=None)
@given(given_inputs=inputs(), permutation_seed=st.integers(0, 2**32))
def test_the_order_of_the_rows_does_not_matter(given_inputs, permutation_seed):
    [batched] = find(["batched_matrices"])
    backprop = functions_of(batched).backprop
    order = np.random.default_rng(permutation_seed).permutation(len(given_inputs.x))
    one = backprop(given_inputs.network, given_inputs.x, given_inputs.t)
    other = backprop(given_inputs.network, given_inputs.x[order], given_inputs.t[order])
    assert close(one.w, other.w, "float64", approximate=False)
    assert close([d[order] for d in one.delta], other.delta, "float64", approximate=False)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_kink_follows_pytorch(sign):
    """relu'(0) = 0 and leaky_relu'(0) = 0.01 in the harness's definitions as in PyTorch's."""
    for name in ("relu", "leaky_relu"):
        flat = random_inputs([2, 3, 2], name, "identity", "half_squared_error", 2, seed=1)
        first = flat.network.layers[0]
        network = flat.network.with_parameters(
            [first.w * 0, flat.network.layers[1].w], [first.b * 0, flat.network.layers[1].b]
        )
        at_kink = Inputs(network, sign * flat.x, flat.t)
        mine, theirs = (
            functions_of(i).backprop(network, at_kink.x, at_kink.t) for i in find(["batched_matrices", REFERENCE])
        )
        assert close(mine.delta, theirs.delta, "float64", approximate=False)
