"""Layouts of a layer in an array: each packs and unpacks to the same numbers, and a bias unit changes no output."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.networks import random_inputs

from harness.model.activations import ACTIVATIONS
from harness.sandbox.inference.adapter.arrangements import (
    BIAS_ARRANGEMENTS,
    WEIGHT_ARRANGEMENTS,
    arrangement,
    bias_arrangements,
    weight_arrangements,
)
from harness.sandbox.inference.adapter.plan import Family
from harness.sandbox.inference.adapter.render import unit_source
from harness.sandbox.inference.probes import PINNED

WIDTHS = st.lists(st.integers(1, 6), min_size=2, max_size=5)
UNITS = [one.name for one in WEIGHT_ARRANGEMENTS if one.has_bias_unit]


def network_of(widths, activation="sigmoid", seed=0):
    return random_inputs(widths, activation, activation, "half_squared_error", 3, seed)


def packed(kind, network, layer, pinned="40.0"):
    """The array of a layer in this arrangement, as the code of an adapter makes it."""
    namespace = {"np": np, "network": network, "layer": layer}
    exec(unit_source(Family("net.w[l]", (), "array", kind.name, True), pinned), namespace)
    return eval(kind.pack, namespace)


def with_unit(a, at):
    """The rows with a 1 in the first or the last column."""
    ones = np.ones((len(a), 1))
    return np.hstack([a, ones] if at else [ones, a])


def unpacked(expression, m, layer):
    return eval(expression, {"np": np, "m": m, "layer": layer})


@pytest.mark.parametrize("kind", WEIGHT_ARRANGEMENTS, ids=lambda one: one.name)
@given(widths=WIDTHS, seed=st.integers(0, 2**32 - 1))
def test_weights_pack_and_unpack_to_the_same_numbers(kind, widths, seed):
    network = network_of(widths, seed=seed)
    for layer in network.network.layers:
        m = packed(kind, network.network, layer)
        assert np.array_equal(unpacked(kind.w, m, layer), layer.w)
        if kind.b:
            assert np.array_equal(unpacked(kind.b, m, layer), layer.b)


@pytest.mark.parametrize("kind", BIAS_ARRANGEMENTS, ids=lambda one: one.name)
@given(size=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_biases_pack_and_unpack_to_the_same_numbers(kind, size, seed):
    [layer] = network_of((2, size), seed=seed).network.layers
    m = packed(kind, None, layer)
    assert np.array_equal(np.ravel(unpacked(kind.b, m, layer)), layer.b)
    assert bias_arrangements(m.shape, size) == (["column", "row"] if m.shape == (1, 1) else [kind.name])


@given(fan_in=st.integers(1, 9), fan_out=st.integers(1, 9), is_output=st.booleans())
def test_layouts_of_one_shape_differ_only_in_where_the_bias_stands(fan_in, fan_out, is_output):
    found = {}
    for kind in WEIGHT_ARRANGEMENTS:
        layers = network_of((fan_in, fan_out) if is_output else (fan_in, fan_out, 2)).network
        shape = packed(kind, layers, layers.layers[0]).shape
        found.setdefault(shape, []).append(kind.name)
        assert kind.name in weight_arrangements(shape, fan_in, fan_out, is_output=is_output)
    for shape, names in found.items():
        assert names == weight_arrangements(shape, fan_in, fan_out, is_output=is_output)


@pytest.mark.parametrize("activation", PINNED)
@pytest.mark.parametrize("name", UNITS)
@given(widths=WIDTHS, seed=st.integers(0, 2**32 - 1))
def test_a_bias_unit_is_exactly_1_and_changes_no_output(name, activation, widths, seed):
    given_ = network_of(widths, activation, seed)
    kind, f = arrangement(name), ACTIVATIONS[activation].f
    at = -1 if name.startswith("last") else 0
    a, ours = given_.x, with_unit(given_.x, at)
    for layer in given_.network.layers:
        a = f(a @ layer.w.T + layer.b)
        ours = f(ours @ packed(kind, given_.network, layer, PINNED[activation]))
        if layer is not given_.network.layers[-1]:
            assert (ours[:, at] == 1.0).all()
    assert ours == pytest.approx(a, rel=1e-12, abs=1e-13)
    assert ours.shape == a.shape
