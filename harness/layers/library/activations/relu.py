"""The rectified linear unit: out = max(x, 0). Its derivative at 0 may be anything from 0 to 1."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any) -> Any:
    return np.maximum(x, 0)


def backward(dout: Any, x: Any) -> Any:
    dx = dout * (x > 0)
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.nn.functional.relu(x)


LAYER = Definition(
    "relu",
    ("relu",),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"))},
    {"one row": {"N": 1, "D": 7}, "several rows": {"N": 4, "D": 5}, "rank 4": {"N": 2, "D": (2, 3, 3)}},
    "Glorot, Bordes and Bengio, AISTATS 2011",
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake(
            "times_relu", "dx = dout * (x > 0)", "dx = dout * np.maximum(x, 0)", "relu(x) stands in place of its slope"
        ),
        LayerMistake(
            "slope_of_upstream",
            "dx = dout * (x > 0)",
            "dx = dout * (dout > 0)",
            "the sign of dout decides in place of that of x",
        ),
        LayerMistake(
            "inverted", "dx = dout * (x > 0)", "dx = dout * (x < 0)", "it is kept where x < 0, not where x > 0"
        ),
        LayerMistake("copied", "dx = dout * (x > 0)", "dx = dout", "dout is passed on without the slope"),
        LayerMistake(
            "relu_twice",
            "dx = dout * (x > 0)",
            "dx = np.maximum(x, 0) * (dout > 0)",
            "relu(x) stands in place of its slope",
        ),
        LayerMistake("without_upstream", "dx = dout * (x > 0)", "dx = (dout * 0 + 1) * (x > 0)", "dout is left out"),
    ),
)
