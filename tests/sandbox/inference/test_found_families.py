"""The arrays of somebody's network are found wherever they are, and the expressions reach exactly these arrays."""

from __future__ import annotations

from collections import namedtuple
from enum import IntEnum
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.feeds import FEEDS
from harness.sandbox.inference.adapter.plan import Driver, Plan, Reading
from harness.sandbox.inference.adapter.render import functions_source, made_source
from harness.sandbox.inference.exploring.families import families_in
from harness.sandbox.inference.exploring.places import places_in
from harness.sandbox.inference.probes import random_inputs

WIDTHS = ((7, 5, 3), (9, 7, 5, 3), (5, 3), (6, 4, 1), (11, 9, 7, 5, 3))
Named = namedtuple("Named", "weights biases")


Place = IntEnum("Place", "first second third last")


class Slotted:
    __slots__ = ("__weakref__", "biases", "nothing", "weights")

    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases


class Number:
    """A number of a graph."""

    def __init__(self, data):
        self.data, self.grad = float(data), "not yet"


def neurons(w, b):
    return [SimpleNamespace(w=row.tolist(), b=float(one)) for row, one in zip(w, b, strict=True)]


def neurons_of_numbers(w, b):
    return [SimpleNamespace(w=[Number(one) for one in row], b=Number(bias)) for row, bias in zip(w, b, strict=True)]


def numbered(prefixes, first, ws, bs):
    return {
        f"{prefix}{l}": array
        for prefix, some in zip(prefixes, (ws, bs), strict=True)
        for l, array in enumerate(some, first)
    }


# How a network may hold the weights w [n_l, n_{l-1}] and the biases b [n_l] of its layers.
HOLDERS = {
    "two lists": lambda ws, bs: {"weights": ws, "biases": bs},
    "tuples of arrays": lambda ws, bs: {"weights": tuple(ws), "biases": tuple(bs)},
    "nested lists": lambda ws, bs: {"weights": [w.tolist() for w in ws], "biases": [b.tolist() for b in bs]},
    "an array of objects": lambda ws, bs: {"weights": objects(ws), "biases": objects(bs)},
    "numbered attributes": lambda ws, bs: SimpleNamespace(**numbered(("W", "b"), 1, ws, bs)),
    "numbered from 0": lambda ws, bs: SimpleNamespace(**numbered(("weights_", "bias_"), 0, ws, bs)),
    "numbered keys": lambda ws, bs: numbered(("W", "b"), 1, ws, bs),
    "keys with zeros": lambda ws, bs: numbered(("W0", "b00"), 1, ws, bs),
    "keys with quotes": lambda ws, bs: numbered(('W"', "b'"), 1, ws, bs),
    "keys with braces and backslashes": lambda ws, bs: numbered(("W{x}", "b\\"), 1, ws, bs),
    "keys in several lines": lambda ws, bs: numbered(("W\n", "b\r\t"), 1, ws, bs),
    "keys that are not ASCII": lambda ws, bs: numbered(("веса", "\U0001f600b"), 1, ws, bs),
    "keys with lone surrogates": lambda ws, bs: numbered(("W\ud800", "b\udc80"), 1, ws, bs),
    "keys of an enumeration": lambda ws, bs: {"w": dict(zip(Place, ws, strict=False)), "b": bs},
    "numbered arrays of integers": lambda ws, bs: SimpleNamespace(
        **numbered(("W", "b"), 1, [w.astype(int) for w in ws], [b.astype(int) for b in bs])
    ),
    "keys with points": lambda ws, bs: numbered(("fc-w.", "fc b:"), 1, ws, bs),
    "keys that are numbers": lambda ws, bs: {"w": dict(enumerate(ws, 1)), "b": dict(enumerate(bs, 1))},
    "layer objects": lambda ws, bs: [SimpleNamespace(W=w, b=b) for w, b in zip(ws, bs, strict=True)],
    "layer dictionaries": lambda ws, bs: [{"W": w, "b": b} for w, b in zip(ws, bs, strict=True)],
    "layers between others": lambda ws, bs: [
        one for w, b in zip(ws, bs, strict=True) for one in (SimpleNamespace(W=w, b=b), SimpleNamespace(cache=None))
    ],
    "layers with slots": lambda ws, bs: [*map(Slotted, ws, bs)],
    "named tuples": lambda ws, bs: [*map(Named, ws, bs)],
    "neurons with lists": lambda ws, bs: [*map(neurons, ws, bs)],
    "neurons in layer objects": lambda ws, bs: [
        SimpleNamespace(neurons=neurons(w, b), name="dense") for w, b in zip(ws, bs, strict=True)
    ],
    "neurons with numbers of a graph": lambda ws, bs: [
        SimpleNamespace(neurons=neurons_of_numbers(w, b)) for w, b in zip(ws, bs, strict=True)
    ],
}
# What may be around it: a network in an object, a dictionary, a list; with aliases and cycles.
AROUND = {
    "attribute": lambda one: SimpleNamespace(model=one, name="net", f=np.tanh, sizes="all"),
    "key": lambda one: {"model": one, 3: None, "name": b"net", (1, 2): "a key that no expression has"},
    "item": lambda one: ["first", one],
    "slot": lambda one: Slotted(one, None),
    "cycle": lambda one: cyclic(one),
    "alias": lambda one: SimpleNamespace(one=one, two=one, both=(one, one)),
}


def objects(arrays):
    found = np.empty(len(arrays), object)
    found[:] = arrays
    return found


def cyclic(one):
    found = SimpleNamespace(inner=one)
    found.itself, found.loop = found, [found]
    return found


def held(holder, around, inputs):
    layers = inputs.network.layers
    net = HOLDERS[holder]([layer.w.copy() for layer in layers], [layer.b.copy() for layer in layers])
    for name in around:
        net = AROUND[name](net)
    return net


def read(weights, biases, net, inputs):
    """What an adapter reads from `net` by these families: w and b of each layer."""
    reading = Reading("backprop", "beside the weights", weights, biases)
    plan = Plan("net", (), weights, biases, Driver((), False), FEEDS[0], (), reading)
    namespace = {"np": np, "made": lambda *_: net}
    exec(functions_source(plan), namespace)
    return namespace["backprop"](inputs.network, inputs.x, inputs.t)


def pair_in(net, widths):
    """The families of w [n_l, n_{l-1}] and b of these sizes."""
    weights, biases = families_in(net, "net", widths)
    own = [one.family for one in weights if one.family.arrangement == "out, in"]
    return own, [one.family for one in biases]


def is_same(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


def numbers_of(layers):
    return [layer.w for layer in layers], [layer.b for layer in layers]


@pytest.mark.parametrize("holder", [name for name in HOLDERS if "integers" not in name])
@settings(max_examples=25)
@given(widths=st.sampled_from(WIDTHS), around=st.lists(st.sampled_from([*AROUND]), max_size=3))
def test_the_expressions_reach_the_arrays_that_are_there(holder, widths, around):
    inputs = random_inputs(widths, 2)
    net = held(holder, around, inputs)
    for some in families_in(net, "net", widths):
        for one in some:
            if not arrangement(one.family.arrangement).b:
                found, _ = read(one.family, None, net, inputs)
                own = [
                    value if value.shape == array.shape else value.T
                    for value, array in zip(one.values, found, strict=True)
                ]
                assert is_same(found, own)
    weights, biases = pair_in(net, widths)
    w, b = numbers_of(inputs.network.layers)
    assert any(is_same(read(one, other, net, inputs)[0], w) for one in weights for other in biases)
    assert any(is_same(read(one, other, net, inputs)[1], b) for one in weights for other in biases)


@pytest.mark.parametrize("holder", [name for name in HOLDERS if name != "named tuples"])
@settings(max_examples=15)
@given(widths=st.sampled_from(WIDTHS), around=st.lists(st.sampled_from([*AROUND]), max_size=2), seed=st.integers(0, 99))
def test_what_is_set_is_read(holder, widths, around, seed):
    inputs = random_inputs(widths, 2)
    net = held(holder, around, inputs)
    random = np.random.default_rng(seed)
    w, b = ([random.normal(size=one.shape) for one in some] for some in numbers_of(inputs.network.layers))
    other = inputs.network.with_parameters(w, b)
    weights, biases = pair_in(net, widths)
    namespace = {"np": np, "net_of_theirs": net}
    exec(made_source("net_of_theirs", (), weights[0], biases[0]), namespace)
    made = namespace["made"](other, inputs.x, inputs.t, 1.0)
    assert made is net
    found_w, found_b = read(weights[0], biases[0], net, inputs)
    assert is_same(found_w, w)
    assert is_same(found_b, b)


@given(inner=st.sampled_from([*AROUND]), outer=st.sampled_from([*AROUND]))
def test_an_array_that_two_names_share_is_found_once(inner, outer):
    array = np.ones((2, 3))
    net = AROUND[outer](AROUND[inner]([array, array]))
    assert [place.value.shape for place in places_in(net)] == [(2, 3)]


@pytest.mark.parametrize("missing", range(3))
def test_no_family_is_found_if_one_layer_has_no_weights(missing):
    inputs = random_inputs((9, 7, 5, 3), 2)
    arrays = [layer.w for layer in inputs.network.layers]
    arrays[missing] = arrays[missing][:-1, :-1]
    assert families_in({"weights": arrays}, "net", (9, 7, 5, 3)) == ([], [])


@pytest.mark.parametrize(
    ("depth", "tail"),
    [(depth, tail) for depth in (2, 3, 4) for tail in ("", ".T")],
)
def test_numbered_names_hold_for_any_number_of_layers_and_a_list_of_names_does_not(depth, tail):
    widths = (11, 9, 7, 5, 3)[-depth - 1 :]
    ws = [layer.w.T if tail else layer.w for layer in random_inputs(widths, 1).network.layers]
    kind = "in, out" if tail else "out, in"
    numbered_ones = SimpleNamespace(**{f"w{l}": w for l, w in enumerate(ws, 1)})
    [family] = [one.family for one in families_in(numbered_ones, "net", widths)[0] if one.family.arrangement == kind]
    assert family.is_general
    named = dict(zip(("w_in", "w_hidden", "w_next", "w_out"), ws, strict=False))
    [family] = [one.family for one in families_in(named, "net", widths)[0] if one.family.arrangement == kind]
    assert not family.is_general
