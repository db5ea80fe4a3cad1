"""Random networks for property tests, and exact values as fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from harness.cases.case import HIDDEN_ACTIVATIONS
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS

fractions = np.vectorize(Fraction, otypes=[object])


def random_inputs(widths, hidden, output, cost, batch, seed, dtype="float64") -> Inputs:
    """A network of these widths with its data, drawn from the seed."""
    random = np.random.default_rng(seed)
    layers = []
    for number, (fan_in, fan_out) in enumerate(pairwise(widths)):
        activation = ACTIVATIONS[output if number == len(widths) - 2 else hidden]
        w = random.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in)
        layers.append(Layer(w.astype(dtype), random.normal(size=fan_out).astype(dtype), activation))
    x = random.normal(size=(batch, widths[0]))
    t = random.uniform(size=(batch, widths[-1]))
    if output == "softmax":
        t = t / t.sum(axis=1, keepdims=True)
    return Inputs(Network(tuple(layers), COSTS[cost]), x.astype(dtype), t.astype(dtype))


@st.composite
def inputs(draw, max_hidden_layers=4, max_width=6, max_batch=5) -> Inputs:
    """Any architecture: 0 to 4 hidden layers, every activation, and every valid pair of cost and output."""
    widths = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_hidden_layers + 2))
    output, cost = draw(
        st.one_of(
            st.tuples(st.sampled_from(HIDDEN_ACTIVATIONS), st.just("half_squared_error")),
            st.just(("sigmoid", "binary_cross_entropy")),
            st.just(("softmax", "cross_entropy")),
        )
    )
    hidden = draw(st.sampled_from(HIDDEN_ACTIVATIONS))
    return random_inputs(widths, hidden, output, cost, draw(st.integers(1, max_batch)), draw(st.integers(0, 2**32)))


def exactly(midpoint):
    """high + low of an Enclosure or a DoubleDouble, as an array of fractions."""
    return fractions(midpoint.high) + fractions(midpoint.low)
