"""Wrong slopes of functions that people take for the right ones, each as a function of y = f(x)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.layers.operations import sigmoid
from harness.layers.tracing.bounded import Bounded
from harness.layers.tracing.traced import Pull, Slope, Traced

WRONG_SLOPES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "tanh": {
        "tanh is taken as tanh": lambda y: y,
        "tanh is taken as 1 − tanh; right is 1 − tanh²": lambda y: 1 - y,
        "tanh is taken as 1 + tanh²; right is 1 − tanh²": lambda y: 1 + y * y,
        "tanh is taken as tanh²; right is 1 − tanh²": lambda y: y * y,
        "tanh is taken as −tanh²; right is 1 − tanh²": lambda y: -y * y,
        "tanh is taken as tanh(1 − tanh), which is that of σ": lambda y: y * (1 - y),
        "tanh is taken at tanh(x), not at x": lambda y: 1 - np.tanh(y) ** 2,
    },
    "sigmoid": {
        "σ is taken as σ; right is σ(1 − σ)": lambda y: y,
        "σ is taken as 1 − σ; right is σ(1 − σ)": lambda y: 1 - y,
        "σ is taken as σ²; right is σ(1 − σ)": lambda y: y * y,
        "σ is taken as −σ²; right is σ(1 − σ)": lambda y: -y * y,
        "σ is taken as σ(1 + σ); right is σ(1 − σ)": lambda y: y * (1 + y),
        "σ is taken as 1 − σ², which is that of tanh": lambda y: 1 - y * y,
        "σ is taken at σ(x), not at x": lambda y: sigmoid(y) * (1 - sigmoid(y)),
    },
}


def with_slope(slope: Callable[[Any], Any], pull: Pull, adjoint: Bounded) -> Bounded:
    """What the edge of a function passes on if its slope is this one."""
    if not isinstance(pull, Slope):
        raise TypeError(f"expected the edge of a function, found {pull!r}")
    return adjoint * Traced.of(slope(Traced(pull.y))).bounded
