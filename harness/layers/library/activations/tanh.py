"""The hyperbolic tangent of each entry."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any) -> Any:
    return np.tanh(x)


def backward(dout: Any, x: Any) -> Any:
    out = np.tanh(x)
    dx = dout * (1 - out**2)
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.tanh(x)


_TANH_DX = "dx = dout * (1 - out**2)"

LAYER = Definition(
    "tanh",
    ("tanh",),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"))},
    {"one row": {"N": 1, "D": 7}, "several rows": {"N": 4, "D": 5}, "rank 4": {"N": 2, "D": (2, 3, 3)}},
    "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake("slope_at_x", _TANH_DX, "dx = dout * (1 - x**2)", "the slope is 1 − x², which holds for out"),
        LayerMistake("tanh_twice", "out = np.tanh(x)", "out = np.tanh(np.tanh(x))", "the slope is taken at out"),
        LayerMistake("square_missing", _TANH_DX, "dx = dout * (1 - out)", "the square is missing from 1 − out²"),
        LayerMistake("slope_of_sigmoid", _TANH_DX, "dx = dout * out * (1 - out)", "the slope is that of the sigmoid"),
        LayerMistake("value_for_slope", _TANH_DX, "dx = dout * out", "tanh(x) stands in place of its slope"),
        LayerMistake("without_upstream", _TANH_DX, "dx = 1 - out**2", "dout is left out"),
    ),
)
