"""Softmax of each row, as a layer with an upstream gradient: p = e^x / Σ e^x, and its whole Jacobian."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import without_derivative


def forward(x: Any) -> Any:
    e = np.exp(x - without_derivative(np.max(x, axis=-1, keepdims=True)))
    return e / e.sum(axis=-1, keepdims=True)


def backward(dout: Any, x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    dx = p * (dout - (dout * p).sum(axis=-1, keepdims=True))
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.softmax(x, dim=-1)


_SOFTMAX_DX = "dx = p * (dout - (dout * p).sum(axis=-1, keepdims=True))"

LAYER = Definition(
    "softmax",
    ("softmax",),
    forward,
    backward,
    {"x": Argument("N D", names=("input", "inputs", "X", "Z", "z"), scale=1.5)},
    {"one row": {"N": 1, "D": 5}, "several rows": {"N": 4, "D": 3}, "two classes": {"N": 5, "D": 2}},
    "Bridle, NeurIPS 1989",
    reference=reference,
    mistakes=(
        LayerMistake(
            "diagonal",
            _SOFTMAX_DX,
            "dx = dout * p * (1 - p)",
            "only the diagonal p(1 − p) of the Jacobian is taken",
            "https://github.com/Apiquet/DeepLearningFrameworkFromScratchCpp/issues/1",
        ),
        LayerMistake(
            "upstream_copied",
            _SOFTMAX_DX,
            "dx = dout",
            "dout is passed on without the Jacobian",
            "https://github.com/pjreddie/darknet/pull/96",
        ),
        LayerMistake("sum_missing", _SOFTMAX_DX, "dx = p * dout", "the sum over the classes is taken as a constant"),
        LayerMistake(
            "sum_without_p",
            _SOFTMAX_DX,
            "dx = p * (dout - dout.sum(axis=-1, keepdims=True))",
            "the sum over the classes lacks the factor p",
        ),
        LayerMistake(
            "sum_over_rows",
            _SOFTMAX_DX,
            "dx = p * (dout - (dout * p).sum(axis=0, keepdims=True))",
            "the sum is taken over the rows, not over the classes",
        ),
        LayerMistake(
            "factor_p_missing",
            _SOFTMAX_DX,
            "dx = dout - (dout * p).sum(axis=-1, keepdims=True)",
            "the factor p is missing",
        ),
    ),
)
