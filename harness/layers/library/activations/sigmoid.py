"""The logistic function: out = 1 / (1 + e^(−x))."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any) -> Any:
    return operations.sigmoid(x)


def backward(dout: Any, x: Any) -> Any:
    out = 1 / (1 + np.exp(-x))
    dx = dout * out * (1 - out)
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.sigmoid(x)


_SIGMOID_DX = "dx = dout * out * (1 - out)"

LAYER = Definition(
    "sigmoid",
    ("sigmoid", "logistic"),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"), scale=2.0)},
    {"one row": {"N": 1, "D": 7}, "several rows": {"N": 4, "D": 5}, "rank 4": {"N": 2, "D": (2, 3, 3)}},
    "Rumelhart, Hinton and Williams, Nature 323, 1986",
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake(
            "slope_at_x",
            _SIGMOID_DX,
            "dx = dout * x * (1 - x)",
            "the slope is x(1 − x), which holds for out, not for x",
        ),
        LayerMistake(
            "sigmoid_twice",
            "out = 1 / (1 + np.exp(-x))",
            "out = 1 / (1 + np.exp(-1 / (1 + np.exp(-x))))",
            "the slope is taken at out, as if that were x",
        ),
        LayerMistake("value_for_slope", _SIGMOID_DX, "dx = dout * out", "sigmoid(x) stands in place of its slope"),
        LayerMistake("one_minus_missing", _SIGMOID_DX, "dx = dout * (1 - out)", "the factor out is missing"),
        LayerMistake("slope_of_tanh", _SIGMOID_DX, "dx = dout * (1 - out**2)", "the slope 1 − out² is that of tanh"),
        LayerMistake("without_upstream", _SIGMOID_DX, "dx = out * (1 - out)", "dout is left out"),
    ),
)
