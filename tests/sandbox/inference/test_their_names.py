"""Names of somebody's: those of biases, and those that an adapter gives to things of its own."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.inference.adapter.names import python_literal, renamed
from harness.sandbox.inference.exploring.families import families_in
from harness.sandbox.inference.probes import random_inputs


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)])
@pytest.mark.parametrize("first", ["weights", "biases"])
def test_biases_are_found_beside_the_weights_of_a_single_output(shape, first):
    """The weights of a single output, 1 × n, have the shape of the biases of the layer before."""
    widths = (7, 5, 1)
    layers = random_inputs(widths, 2).network.layers
    weights = {f"W{l}": layer.w for l, layer in enumerate(layers, 1)}
    biases = {f"b{l}": layer.b.reshape(shape) for l, layer in enumerate(layers, 1)}
    net = {**weights, **biases} if first == "weights" else {**biases, **weights}
    of_weights, of_biases = families_in(net, "net", widths)
    [own] = [one for one in of_weights if one.family.arrangement == "out, in"]
    assert {one.family.head for one in of_biases if not one.overlaps(own)} == {'net[f"b{l + 1}"]'}


def test_an_item_of_the_weights_is_no_bias():
    widths = (7, 5, 1)
    layers = random_inputs(widths, 2).network.layers
    net = {f"w{l}": list(layer.w) for l, layer in enumerate(layers, 1)} | {"c": layers[1].b}
    [own], biases = families_in(net, "net", widths)
    assert biases
    assert all(one.overlaps(own) for one in biases)


# Names of biases that say which layer it is, and names of arrays in the shapes of biases that are none.
BIAS_NAMES = (
    "bias_input_hidden bias_hidden_output",
    "input_bias output_bias",
    "b_inputs b_outputs",
    "biasHidden biasOutput",
)
OTHER_NAMES = (
    "db1 db2",
    "grad_bias1 grad_bias2",
    "bias_grad_hidden bias_grad_output",
    "d_bias_hidden d_bias_output",
    "bias_velocity_1 bias_velocity_2",
    "input1 input2",
    "output_a output_b2",
)


@pytest.mark.parametrize("names", [*BIAS_NAMES, *OTHER_NAMES])
def test_a_name_that_says_which_layer_it_is_may_be_that_of_biases(names):
    arrays = [layer.b for layer in random_inputs((7, 5, 3), 2).network.layers]
    [found] = families_in(dict(zip(names.split(), arrays, strict=True)), "net", (7, 5, 3))[1]
    assert found.looks_changeable == (names in OTHER_NAMES)


@pytest.mark.parametrize(
    ("expression", "names", "expected"),
    [
        ("Network(widths)", ("Network", "widths"), "Network(widths)"),
        ("network(widths)", ("network",), "their_network(widths)"),
        ("network(widths)", (), "network(widths)"),
        ("Network(x, t, learning_rate)", ("x", "t", "learning_rate"), "Network(x, t, learning_rate)"),
        ("Network(rows=rows, net=1)", ("rows", "net"), "Network(rows=their_rows, net=1)"),
        ("models.net('net', widths)", ("net", "models"), "models.net('net', widths)"),
        ("Net([n  for n in widths], [l for l in widths])", ("n",), "Net([n  for n in widths], [l for l in widths])"),
        ("Net([l(m) for m in widths])", ("l",), "Net([their_l(m) for m in widths])"),
        ("Net(*map(lambda w: w + 1, widths))", ("w",), "Net(*map(lambda their_w: their_w + 1, widths))"),
        ("Net(sum(widths))", ("sum",), "Net(their_sum(widths))"),
    ],
)
def test_a_name_of_the_file_that_the_adapter_binds_itself_is_renamed(expression, names, expected):
    assert renamed(expression, names) == expected


@given(st.text(st.characters(codec=None)))
def test_any_string_is_written_in_ascii_and_reads_as_it_is(text):
    assert python_literal(text).isascii()
    assert ast.literal_eval(python_literal(text)) == text
