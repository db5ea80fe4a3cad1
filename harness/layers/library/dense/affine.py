"""The affine layer: out = x W + b, with each sample as a row, which may have any shape."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, w: Any, b: Any) -> Any:
    return x.reshape(len(x), -1) @ w + b


def backward(dout: Any, x: Any, w: Any, b: Any) -> Any:
    dx = (dout @ w.T).reshape(*x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def reference(torch: Any, x: Any, w: Any, b: Any) -> Any:
    return torch.nn.functional.linear(x.reshape(len(x), -1), w.T, b)


LAYER = Definition(
    "affine",
    ("affine", "linear", "fc", "fullyconnected", "dense"),
    forward,
    backward,
    {
        "x": Argument("N *D", names=("input", "inputs", "X", "A_prev", "A")),
        "w": Argument("D M", names=("W", "weight", "weights")),
        "b": Argument("M", names=("bias", "biases")),
    },
    {
        "rows and columns differ": {"N": 4, "D": 6, "M": 3},
        "one row": {"N": 1, "D": 3, "M": 5},
        "one column out": {"N": 5, "D": 2, "M": 1},
        "rank 4": {"N": 3, "D": (2, 3, 2), "M": 4},
    },
    "Rumelhart, Hinton and Williams, Nature 323, 1986",
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake(
            "bias_mean", "db = dout.sum(axis=0)", "db = dout.mean(axis=0)", "db is the mean of the rows, not their sum"
        ),
        LayerMistake(
            "dw_reshaped",
            "dw = x.reshape(len(x), -1).T @ dout",
            "dw = (dout.T @ x.reshape(len(x), -1)).reshape(*w.shape)",
            "dw is reshaped where it must be transposed",
        ),
        LayerMistake(
            "w_over_rows",
            "dw = x.reshape(len(x), -1).T @ dout",
            "dw = x.reshape(len(x), -1).T @ dout / len(x)",
            "dw is divided by the number of rows, which belongs to the loss",
        ),
    ),
)
