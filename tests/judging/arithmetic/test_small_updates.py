"""An update far below the rounding of its weights says nothing about the arithmetic in which it was computed."""

from __future__ import annotations

import pytest
from support.running import shared

from harness.cases.fitted import select_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.loading import Implementation

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
