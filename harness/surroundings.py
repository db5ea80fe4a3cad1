"""What a process shares, and a function of mathematics has no business to change: numpy's error state, print options,
random generators, torch's defaults, the working folder. Seen before and after a call."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import get_state  # numpy itself imports it late: once here, in place of once in each worker

_TORCH = {
    "torch's default dtype": "torch.float32",
    "torch's gradient mode": True,
    "torch's deterministic mode": False,
}


def snapshot() -> Mapping[str, Any]:
    """The shared state, each part under the words that a person is told if it changes."""
    generator: dict[str, Any] = get_state(legacy=False)["state"]
    state = {
        "numpy's error state": np.geterr(),
        "numpy's print options": np.get_printoptions(),
        "numpy's random state": (generator["key"].tobytes(), generator["pos"]),
        "the random state": random.getstate(),
        "the working folder": _folder(),
        "the recursion limit": sys.getrecursionlimit(),
    }
    return state | _of_torch()


def changes(before: Mapping[str, Any]) -> list[str]:
    """The parts that are no longer as they were; those of torch that were not there before, as it has them at first."""
    expected, now = _TORCH | dict(before), snapshot()
    return [name for name, value in now.items() if name in expected and expected[name] != value]


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return ""


def _of_torch() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "random"):  # absent, or half imported
        return {}
    return {
        "torch's default dtype": str(torch.get_default_dtype()),
        "torch's gradient mode": torch.is_grad_enabled(),
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
        "torch's random state": torch.random.get_rng_state().numpy().tobytes(),
    }
