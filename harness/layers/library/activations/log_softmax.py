"""The logarithm of softmax of each row: out = x − log Σ e^x."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import without_derivative


def forward(x: Any) -> Any:
    shifted = x - without_derivative(np.max(x, axis=-1, keepdims=True))
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def backward(dout: Any, x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    dx = dout - p * dout.sum(axis=-1, keepdims=True)
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.log_softmax(x, dim=-1)


_LOG_SOFTMAX_DX = "dx = dout - p * dout.sum(axis=-1, keepdims=True)"

LAYER = Definition(
    "log-softmax",
    ("logsoftmax",),
    forward,
    backward,
    {"x": Argument("N D", names=("input", "inputs", "X", "Z", "z"), scale=1.5)},
    {"one row": {"N": 1, "D": 5}, "several rows": {"N": 4, "D": 3}, "two classes": {"N": 5, "D": 2}},
    "Bridle, NeurIPS 1989",
    reference=reference,
    mistakes=(
        LayerMistake(
            "upstream_added",
            _LOG_SOFTMAX_DX,
            "dx = dout - p",
            "dout is added where it multiplies: the sum of dout over the classes is missing",
            "https://github.com/mlpack/mlpack/issues/2360",
        ),
        LayerMistake(
            "sum_missing",
            _LOG_SOFTMAX_DX,
            "dx = dout - p * dout",
            "dout is not summed over the classes: only the diagonal of the Jacobian is taken",
        ),
        LayerMistake(
            "softmax_backward",
            _LOG_SOFTMAX_DX,
            "dx = p * (dout - (dout * p).sum(axis=-1, keepdims=True))",
            "the Jacobian is that of softmax",
        ),
        LayerMistake(
            "sum_over_rows",
            _LOG_SOFTMAX_DX,
            "dx = dout - p * dout.sum(axis=0, keepdims=True)",
            "dout is summed over the rows, not over the classes",
        ),
    ),
)
