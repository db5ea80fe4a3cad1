"""Correct numbers in a narrow format, in all or in a part of the computation, are named; wrong formulas are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import random_inputs
from support.observing import (
    as_is,
    backprop,
    observed,
    to_bfloat16,
    to_float16,
    to_float32,
    to_tf32,
    to_tf32_truncated,
)

from harness.judging.arithmetic.formats import BFLOAT16, FLOAT16, TF32_TRUNCATED
from harness.judging.arithmetic.named import named_arithmetic
from harness.judging.arithmetic.observation import Observation, loses_power
from harness.judging.arithmetic.parts import quantities
from harness.mistakes import CATALOGUE
from harness.model.contract import Activation, Inputs, Layer, Network
from harness.model.costs import UNSCALED
from harness.truth.certify import certify

CONVERSIONS = {"float32": to_float32, "float16": to_float16, "bfloat16": to_bfloat16, "TF32": to_tf32}


@given(st.lists(st.floats(-60000, 60000, width=32), min_size=1))
def test_conversion_is_that_of_other_software(numbers):
    array = np.array(numbers, dtype=np.float64)
    assert (FLOAT16.converted(array) == array.astype(np.float16)).all()
    large = array[np.abs(array) > 1e-30]  # neither is for subnormal numbers
    assert (TF32_TRUNCATED.converted(large) == to_tf32_truncated(large)).all()
    is_tie = (large.astype(np.float32).view(np.uint32) & 0xFFFF) == 0x8000
    assert (BFLOAT16.converted(large)[~is_tie] == to_bfloat16(large)[~is_tie]).all()


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("stored", [("w", "b"), ("b",)])
def test_stored_gradients_are_named(name, stored):
    def compute(inputs):
        return {key: CONVERSIONS[name](one) if key[0] in stored else one for key, one in backprop(inputs).items()}

    found = named_arithmetic(observed(compute))
    where = "in ∂C/∂W and ∂C/∂b" if len(stored) == 2 else "in ∂C/∂b"
    assert (found.name, found.where) == (name, where)
    assert found.risk < 1e-9


def test_one_gradient_of_one_layer_is_named():
    def compute(inputs):
        found = backprop(inputs)
        return found | {("w", 1): to_float32(found["w", 1])}

    found = named_arithmetic(observed(compute))
    assert (found.name, found.where) == ("float32", "in ∂C/∂W of layer 1")


def test_everything_in_float32_is_named():
    found = named_arithmetic(observed(lambda inputs: backprop(inputs.astype("float32")), names=("w", "b", "delta")))
    assert (found.name, found.where) == ("float32", "throughout")


@pytest.mark.parametrize("stored", ["gradients", "weights"])
def test_a_step_with_stored_numbers_is_named(stored):
    def compute(inputs):
        found, updates = backprop(inputs), {}
        for l, layer in enumerate(inputs.network.layers, start=1):
            old = np.column_stack([layer.w, layer.b])
            gradient = np.column_stack([found["w", l], found["b", l]])
            new = old - 0.5 * (to_float32(gradient) if stored == "gradients" else gradient)
            updates["update", l] = old - (to_float32(new) if stored == "weights" else new)
        return updates

    cases = observed(compute, names=("update",))
    cases = [Observation(one.inputs, 0.5, one.dtype, one.values, certify(one.inputs, 0.5, one.dtype)) for one in cases]
    assert named_arithmetic(cases).name == "float32"


PARTS = {
    "in z": ("z",),
    "in a": ("a",),
    "in f'(z)": ("slope",),
    "in δ": ("delta",),
    "in the products of the forward pass": ("forward",),
    "in the products of the backward pass": ("back",),
    "in all products": ("forward", "back"),
}


@pytest.mark.parametrize("where", PARTS)
@pytest.mark.parametrize("name", ["float32", "float16"])
def test_a_narrow_part_is_named(where, name):
    parts = dict.fromkeys(PARTS[where], CONVERSIONS[name])
    if "products" in where and name == "float32":  # summed in float32 too
        parts = dict.fromkeys(PARTS[where], lambda array: array.astype(np.float32))
    found = named_arithmetic(observed(lambda inputs: backprop(inputs, **parts)))
    assert name in found.name.split(" or ")
    assert found.where == where
    assert found.risk <= 1e-9


def in_slope(convert, *, of_output=False, result=as_is):
    """A right backprop with f' of the converted z, or as a function of the converted a."""

    def changed(activation):
        def slope(z):
            if of_output and activation.slope_from_output is not None:
                return result(activation.slope_from_output(convert(activation.f(z)))).astype(z.dtype)
            return result(activation.slope(convert(z))).astype(z.dtype)

        return Activation(activation.name, activation.f, slope, None)

    def compute(inputs):
        layers = [Layer(one.w, one.b, changed(one.activation)) for one in inputs.network.layers]
        return backprop(Inputs(Network(tuple(layers), inputs.network.cost), inputs.x, inputs.t))

    return compute


INSIDE = {
    "float16 throughout": (in_slope(lambda z: z.astype(np.float16)), "float16", "in all of f'(z)"),
    "float32 throughout": (in_slope(lambda z: z.astype(np.float32)), "float32", "in all of f'(z)"),
    "float16, from a": (
        in_slope(lambda a: a.astype(np.float16), of_output=True),
        "float16",
        "in a (1 − a) or 1 − a²",
    ),
    "bfloat16 z": (in_slope(to_bfloat16), "bfloat16", "in z as the argument of f'"),
    "bfloat16 z and result": (in_slope(to_bfloat16, result=to_bfloat16), "bfloat16", "in f'(z) and its argument"),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("what", INSIDE)
def test_a_narrow_format_inside_the_slope_is_named_for_any_seed(what, seed):
    compute, name, where = INSIDE[what]
    found = named_arithmetic(observed(compute, seed=seed))
    assert name in found.name.split(" or ")
    assert found.where == where


@pytest.mark.parametrize("stored", ["as computed", "float32"])
def test_no_mistake_is_taken_for_arithmetic(stored):
    convert = CONVERSIONS.get(stored, as_is)
    for name, entry in CATALOGUE.items():
        if entry.dtype is not None:
            continue

        def compute(inputs, entry=entry):
            try:
                found = quantities(entry, inputs, 0.1, UNSCALED, {"w", "b"})
            except (ValueError, IndexError, KeyError):
                return {("w", 1): np.array(np.nan)}
            return {key: convert(np.asarray(one)) for key, one in found.items()}

        cases = observed(compute, "iris")[:4]
        if any(one.ratios[key].max() > 1e12 for one in cases for key in one.values):
            assert named_arithmetic(cases) is None, name


def sequential(one, other):
    total = np.zeros((one.shape[0], other.shape[1]), one.dtype)
    for k in range(one.shape[1] - 1, -1, -1):
        total += np.multiply.outer(one[:, k], other[k])
    return total


def in_float64(one, other):
    return (one.astype(np.float64) @ other.astype(np.float64)).astype(one.dtype)


RIGHT = {"BLAS": np.matmul, "backwards": sequential, "sums in float64": in_float64}
LARGE = {
    "tanh": ((300, 256, 64, 10), "tanh", "softmax", "cross_entropy", 128),
    "relu": ((300, 256, 64, 10), "relu", "softmax", "cross_entropy", 128),
    "few sources of error": ((400, 300, 1), "sigmoid", "sigmoid", "binary_cross_entropy", 2),
}


def large(kind, **parts):
    widths, hidden, output, cost, rows = LARGE[kind]
    inputs = random_inputs(widths, hidden, output, cost, rows, 3, "float32")
    values = {key: one.astype(np.float64) for key, one in backprop(inputs, **parts).items() if key[0] in "wb"}
    return Observation(inputs, 0.1, "float32", values, certify(inputs, 0.1, "float32"))


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.parametrize("style", RIGHT)
def test_right_code_is_not_named_in_large_networks(kind, style):
    one = large(kind, multiply=RIGHT[style])
    assert not one.out_of_bounds
    assert named_arithmetic([one]) is None


@pytest.mark.parametrize("kind", ["tanh", "relu"])
@pytest.mark.parametrize("convert", [to_tf32, to_tf32_truncated, to_bfloat16], ids=lambda one: one.__name__)
def test_narrow_products_are_named_in_large_networks(kind, convert):
    one = large(kind, forward=convert, back=convert)
    found = named_arithmetic([one])
    assert found.name.startswith("bfloat16" if convert is to_bfloat16 else "TF32")
    assert found.where == "in all products"
    assert found.risk <= 1e-9


def test_power_is_lost_in_large_networks_only():
    assert loses_power(large("tanh").standards, "float32")
    assert not any(loses_power(one.standards, one.dtype) for one in observed(backprop, "iris"))
