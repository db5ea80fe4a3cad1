"""Softplus: out = log(1 + e^x)."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any) -> Any:
    return operations.log_one_plus_exp(x)


def backward(dout: Any, x: Any) -> Any:
    slope = 1 / (1 + np.exp(-x))
    dx = dout * slope
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.nn.functional.softplus(x)


_SOFTPLUS_SLOPE = "slope = 1 / (1 + np.exp(-x))"

LAYER = Definition(
    "softplus",
    ("softplus",),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"), scale=2.0)},
    {"one row": {"N": 1, "D": 7}, "several rows": {"N": 4, "D": 5}, "rank 4": {"N": 2, "D": (2, 3, 3)}},
    "Glorot, Bordes and Bengio, AISTATS 2011",
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake(
            "inner_slope_missing",
            _SOFTPLUS_SLOPE,
            "slope = 1 / (1 + np.exp(x))",
            "the slope is 1/(1 + e^x), without the inner derivative e^x",
        ),
        LayerMistake(
            "slope_of_sigmoid",
            _SOFTPLUS_SLOPE,
            "slope = np.exp(-x) / (1 + np.exp(-x)) ** 2",
            "the slope is that of the sigmoid, not the sigmoid",
        ),
        LayerMistake(
            "sigmoid_of_out",
            _SOFTPLUS_SLOPE,
            "slope = 1 / (1 + 1 / (1 + np.exp(x)))",
            "the slope is the sigmoid of out, not of x",
        ),
        LayerMistake("without_upstream", "dx = dout * slope", "dx = slope", "dout is left out"),
    ),
)
