"""The sigmoid linear unit, or swish: out = x sigmoid(beta x)."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, beta: float) -> Any:
    return x * operations.sigmoid(beta * x)


def backward(dout: Any, x: Any, beta: float) -> Any:
    s = 1 / (1 + np.exp(-beta * x))
    dx = dout * (s + beta * x * s * (1 - s))
    return (dx,)


def reference(torch: Any, x: Any, beta: float) -> Any:
    return x * torch.sigmoid(beta * x)


_SILU_DX = "dx = dout * (s + beta * x * s * (1 - s))"

LAYER = Definition(
    "silu",
    ("silu", "swish"),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"), scale=2.0)},
    {
        "one row": {"N": 1, "D": 7},
        "several rows": {"N": 4, "D": 5},
        "rank 4": {"N": 2, "D": (2, 3, 3)},
        "another beta": {"N": 3, "D": 4, "beta": 1.7},
    },
    "Elfwing, Uchibe and Doya, Neural Networks 107, 2018",
    options={"beta": 1.0},
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake("sigmoid_constant", _SILU_DX, "dx = dout * s", "the sigmoid is taken as a constant"),
        LayerMistake("x_missing", _SILU_DX, "dx = dout * (s + beta * s * (1 - s))", "the factor x is missing"),
        LayerMistake("beta_missing", _SILU_DX, "dx = dout * (s + x * s * (1 - s))", "the factor beta is missing"),
        LayerMistake("first_part_missing", _SILU_DX, "dx = dout * beta * x * s * (1 - s)", "x is taken as a constant"),
        LayerMistake("slope_of_sigmoid", _SILU_DX, "dx = dout * s * (1 - s)", "the slope is that of the sigmoid"),
    ),
)
