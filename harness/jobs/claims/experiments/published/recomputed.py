"""The articles' published computations, in any numbers: floats as they had them, or as many digits as one likes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from harness.cases import datasets
from harness.jobs.claims.tools import output
from harness.mistakes.entries.gradients import LastIncomingWeightNeverUpdated
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network, Numbers
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.truth.enclosures.precise import midpoints

Figures = dict[str, Numbers]
# Inputs in floats to the same in other numbers, or moved by a little.
WeightChange = Callable[[Inputs], Inputs]
Recipe = Callable[[WeightChange], Figures]


class OffByOne(LastIncomingWeightNeverUpdated):
    """Article 2 before 3 January 2017: range(len(inputs) − 1) drops the last hidden unit from the forward pass of the
    output layer, too; its delta still uses the weights."""

    def weighted_input(self, l: int) -> Numbers:
        if l == 1:
            return super().weighted_input(l)
        return self.a[l - 1][:, :-1] @ self.layer(l).w[:, :-1].T + self.layer(l).b


def sigmoid_network(w: Iterable[Any], b: Iterable[Any], cost: str) -> Network:
    """A network of sigmoids with these weights and biases."""
    pairs = zip(w, b, strict=True)
    return Network(tuple(Layer(np.array(w), np.array(b), ACTIVATIONS["sigmoid"]) for w, b in pairs), COSTS[cost])


def inputs_of(example: Mapping[str, Any], x: Any, t: Any) -> Inputs:
    """The network of an example, with rows of data."""
    network = sigmoid_network(example["w"], example["b"], example["cost"])
    return Inputs(network, np.array(x, dtype=float), np.array(t, dtype=float))


def article_2_network() -> Network:
    """Article 2's start: Python's generator with seed 1, for each neuron its inputs and its bias, hidden first."""
    source = random.Random(1)
    neurons = [[[source.random() for _ in range(3)] for _ in range(2)] for _ in range(2)]
    w, b = ([[n[part] for n in layer] for layer in neurons] for part in (slice(-1), -1))
    return sigmoid_network(w, b, "half_squared_error")


def published_step(inputs: Inputs, learning_rate: float) -> Figures:
    """One step: z, a, δ, the gradients, the new weights and the cost, and the products on the way that a worked example
    prints, such as dEda1_o0, what the first output contributes to ∂C/∂a^1."""
    book = Textbook(inputs, learning_rate)
    gradients, moved = book.gradients(), book.step()
    found: Figures = {"loss": cost_of(inputs)}
    for l, layer in enumerate(moved.layers, start=1):
        arrays = {
            "z": book.z[l],
            "a": book.a[l],
            "delta": book.delta[l],
            "gW": gradients.w[l - 1],
            "gb": gradients.b[l - 1],
        }
        for name, array in (arrays | {"nW": layer.w, "fp": book.slope(l)}).items():
            found |= named(f"{name}{l}", array)
    found |= named(f"dEda{book.last}", book.a[book.last] - inputs.t)
    halves = (book.a[book.last] - inputs.t) ** 2 / 2
    for o in range(inputs.t.shape[1]):
        found[f"loss_o{o}"] = halves[0, o]
        found |= named(
            f"dEda{book.last - 1}_o{o}", book.delta[book.last][:, o : o + 1] @ book.layer(book.last).w[o : o + 1]
        )
    for l in range(1, book.last):
        found |= named(f"dEda{l}", book.sent_back(l))
    return found


def named(name: str, array: Array) -> Figures:
    """Every entry under its name, such as gW1[0,1]."""
    return {f"{name}[{','.join(map(str, place))}]": array[place] for place in np.ndindex(array.shape)}


def cost_of(inputs: Inputs) -> Numbers:
    """C, over all rows."""
    return inputs.network.cost.value(output(inputs.network, inputs.x), inputs.t)


def trained(inputs: Inputs, learning_rate: float, book: type[Textbook], names: Iterable[str]) -> Figures:
    """What the names ask for, as loss_after_1 and a2_after_10000[0,1], with biases that are not updated."""
    wanted = {int(found[1]) for name in names if (found := re.search(r"_after_(\d+)", name))}
    network, figures = inputs.network, {}
    for count in range(1, max(wanted) + 1):
        moved = book(Inputs(network, inputs.x, inputs.t), learning_rate).step()
        network = midpoints(network.with_parameters([one.w for one in moved.layers], [one.b for one in network.layers]))
        if count in wanted:
            now = Inputs(network, inputs.x, inputs.t)
            figures[f"loss_after_{count}"] = cost_of(now)
            figures |= named(f"a{len(network.layers)}_after_{count}", output(network, inputs.x))
    return figures


def article_2(change: WeightChange, learning_rate: float, epochs: int, book: type[Textbook]) -> Figures:
    """Article 2's training: the errors of its epochs (without the ½), its last network, the bias last, and the outputs
    and deltas that the last row left in its neurons."""
    data = datasets.load_dataset("ten_rows")
    start = change(Inputs(article_2_network(), data.x, data.t))
    network, figures = start.network, {}
    for epoch in range(epochs):
        error = 0
        for row in range(len(start.x)):
            run = book(Inputs(network, start.x[row : row + 1], start.t[row : row + 1]), learning_rate)
            network = midpoints(run.step())
            error = error + 2 * network.cost.value(run.a[2], run.t)
        figures[f"epoch_error[{epoch}]"] = error
    for kind, layer in zip(("hidden", "output"), network.layers, strict=True):
        figures |= named(f"final_{kind}", np.column_stack([layer.w, layer.b]))
    for name, array in {
        "hidden_out": run.a[1],
        "out": run.a[2],
        "hidden_delta": run.delta[1],
        "delta": run.delta[2],
    }.items():
        figures |= named(f"last_{name}", array[0])
    return figures


def regularised(inputs: Inputs, strength: float) -> Figures:
    """The mean over the rows, with strength / 2n times the sum of the squared weights as a penalty."""
    n, gradients = len(inputs.x), Textbook(inputs).gradients()
    figures: Figures = {}
    penalty = 0
    for l, layer in enumerate(inputs.network.layers, start=1):
        figures |= named(f"gW{l}", (gradients.w[l - 1] + strength * layer.w) / n)
        figures |= named(f"gb{l}", gradients.b[l - 1] / n)
        penalty = penalty + (layer.w**2).sum()
    return figures | {"loss": (cost_of(inputs) + strength / 2 * penalty) / n}


def hidden_output_dropped(inputs: Inputs) -> Figures:
    """The outputs f(b) of two layers whose second has lost its input, and the deltas that follow from those outputs."""
    [_, last], book = inputs.network.layers, Textbook(inputs)
    book.gradients()
    o = last.activation.f(last.b)
    slope = last.activation.slope
    assert slope is not None
    delta = (o - inputs.t[0]) * slope(last.b)
    back = (delta @ last.w) * book.slope(1)[0]
    return named("a2", o[None]) | named("given_outputs_delta2", delta) | named("given_outputs_delta1", back)
