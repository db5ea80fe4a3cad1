"""The figures that the articles print, recomputed by every implementation that supports their networks."""

from __future__ import annotations

import numpy as np
import pytest
from support.published import figures_of, rounds_to
from support.running import functions_of

from harness.cases import datasets
from harness.jobs.claims.experiments.published.groups import PUBLISHED
from harness.jobs.claims.experiments.published.recomputed import article_2_network, sigmoid_network
from harness.jobs.claims.tools import output
from harness.model.contract import Unsupported
from harness.sandbox.sources.find import find_implementations, python_implementations

# A central difference with the usual step is good for about nine digits; the figures have five to nine.
TRUNCATION = {"finite_differences": 1e-8}


@pytest.mark.parametrize("implementation", python_implementations(), ids=lambda i: i.name)
@pytest.mark.parametrize("example", PUBLISHED["examples"], ids=lambda e: e["id"])
def test_worked_examples_to_every_printed_digit(example, implementation):
    functions = functions_of(implementation)
    network = sigmoid_network(example["w"], example["b"], example["cost"])
    learning_rate = example.get("learning_rate")
    checked = total = 0
    for row in example["rows"]:
        x, t = np.array(row["x"]), np.array(row["t"])
        try:
            gradients = functions.backprop(network, x, t)
        except Unsupported as reason:
            pytest.skip(f"{implementation.name}: {reason}")
        moved = functions.step(network, x, t, learning_rate) if learning_rate and functions.step else None
        figures = figures_of(gradients, moved, network.cost.value(output(network, x), t))
        for name, printed in row["values"].items():
            array, _, place = name.partition("[")
            total += 1
            if array in figures:
                checked += 1
                value = figures[array][tuple(map(int, place[:-1].split(",")))] if place else figures[array]
                slack = TRUNCATION.get(implementation.name, 0.0)
                assert rounds_to(value, printed, slack), f"{name}: {float(value)!r}, printed {printed}"
        for name, printed in row.get("full_precision", {}).items():
            if name[:3] in figures:
                value = figures[name[:3]][tuple(map(int, name[4:-1].split(",")))]
                assert float(value) == pytest.approx(float(printed), rel=1e-15, abs=0)
    print(f"{checked} of {total} printed figures")
    gives_all = gradients.delta is not None and (functions.step is not None or learning_rate is None)
    assert checked == total if gives_all else 0 < checked < total


def test_article_2_training_epoch_errors_and_final_weights():
    published = PUBLISHED["training"]
    [neuron_loop] = find_implementations(["neuron_loop"])
    step = functions_of(neuron_loop).step
    data = datasets.load_dataset("ten_rows")
    network, errors = article_2_network(), []
    for _ in published["epoch_errors"]:
        error = 0.0
        for x, t in zip(data.x, data.t, strict=True):
            error += 2 * network.cost.value(output(network, x[None]), t[None])  # the article sums without the ½
            network = step(network, x[None], t[None], published["learning_rate"])
        errors.append(error)
    assert len(errors) == 20
    assert all(rounds_to(e, printed) for e, printed in zip(errors, published["epoch_errors"], strict=True)), errors

    final = dict(zip(("hidden", "output"), network.layers, strict=True))
    assert len(published["final"]) == 12
    for name, printed in published["final"].items():
        layer, (neuron, weight) = final[name[6:12]], map(int, name[13:-1].split(","))
        value = [*layer.w[neuron], layer.b[neuron]][weight]
        assert float(value) == pytest.approx(float(printed), rel=1e-15, abs=0), name
