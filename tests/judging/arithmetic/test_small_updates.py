"""An update far below the rounding of its weights says nothing about the arithmetic in which it was computed."""

from __future__ import annotations

import pytest
from support.running import shared

from harness.cases.fitted import select_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.sources.find import Implementation

STEP_ONLY = """
import numpy as np

ACTIVATIONS = "tanh"
COST = "half_squared_error"


def step(network, x, t, learning_rate):
    a = [x]
    for layer in network.layers:
        a.append(np.tanh(a[-1] @ layer.w.T + layer.b))
    delta, w, b = a[-1] - t, [], []
    for l in reversed(range(len(network.layers))):
        layer = network.layers[l]
        delta = delta * (1 - a[l + 1] ** 2)
        w.insert(0, layer.w - learning_rate * delta.T @ a[l])
        b.insert(0, layer.b - learning_rate * delta.sum(axis=0))
        delta = delta @ layer.w
    return w, b
"""


@pytest.mark.parametrize("seed", [1, 15, 18, 31, 34, 38])
def test_saturated_units_with_tiny_updates_agree(tmp_path, seed):
    path = tmp_path / "tanh_step.py"
    path.write_text(STEP_ONLY, encoding="utf-8")
    found = check_submission(
        shared(), Implementation("tanh_step", path), select_cases("random-2-5-3-1-tanh-saturated-batch1"), seed
    )
    assert found.ran == 1
    assert found.verdict == "agrees"


FLAT_SIGMOIDS = """
import numpy as np

ACTIVATIONS = "sigmoid"
COST = "half_squared_error"


def backprop(network, x, t):
    a = [x]
    for layer in network.layers:
        a.append(1 / (1 + np.exp(-(a[-1] @ layer.w.T + layer.b))))
    delta, w, b = a[-1] - t, [], []
    for l in reversed(range(len(network.layers))):
        delta = delta * a[l + 1] * (1 - a[l + 1])
        w.insert(0, delta.T @ a[l])
        b.insert(0, delta.sum(axis=0))
        delta = delta @ network.layers[l].w
    return w, b
"""


@pytest.mark.parametrize("seed", [12, 13, 15, 21, 27, 33])
def test_errors_that_all_come_from_one_number_are_those_of_no_arithmetic(tmp_path, seed):
    path = tmp_path / "flat.py"
    path.write_text(FLAT_SIGMOIDS, encoding="utf-8")
    cases = select_cases("random-11-1-1-sigmoid-flat-batch1")
    found = check_submission(shared(), Implementation("flat", path), cases, seed)
    assert found.ran == 1
    assert found.verdict == "agrees"
