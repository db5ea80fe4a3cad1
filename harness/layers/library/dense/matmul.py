"""The affine layer without biases: out = x W, with each sample as a row."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, w: Any) -> Any:
    return x @ w


def backward(dout: Any, x: Any, w: Any) -> Any:
    dx = dout @ w.T
    dw = x.T @ dout
    return dx, dw


def reference(torch: Any, x: Any, w: Any) -> Any:
    return torch.nn.functional.linear(x, w.T)


LAYER = Definition(
    "matmul",
    ("matmul",),
    forward,
    backward,
    {
        "x": Argument("N D", names=("input", "inputs", "X", "A")),
        "w": Argument("D M", names=("W", "weight", "weights")),
    },
    {
        "rows and columns differ": {"N": 4, "D": 6, "M": 3},
        "one row": {"N": 1, "D": 3, "M": 5},
        "one column out": {"N": 5, "D": 2, "M": 1},
    },
    "Rumelhart, Hinton and Williams, Nature 323, 1986",
    reference=reference,
    mistakes=(
        LayerMistake(
            "over_rows",
            "dw = x.T @ dout",
            "dw = x.T @ dout / len(x)",
            "dw is divided by the number of rows, which belongs to the loss",
        ),
        LayerMistake("w_for_x", "dw = x.T @ dout", "dw = w * dout.sum(axis=0)", "w stands in place of x in dw"),
    ),
)
