"""The affine layer at each step of a sequence: out[n, t] = x[n, t] w + b."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, w: Any, b: Any) -> Any:
    return (x.reshape(-1, x.shape[2]) @ w + b).reshape(*x.shape[:2], -1)


def backward(dout: Any, x: Any, w: Any, b: Any) -> Any:
    rows, given = x.reshape(-1, x.shape[2]), dout.reshape(-1, dout.shape[2])
    dx = (given @ w.T).reshape(*x.shape)
    dw = rows.T @ given
    db = given.sum(axis=0)
    return dx, dw, db


def reference(torch: Any, x: Any, w: Any, b: Any) -> Any:
    return torch.nn.functional.linear(x, w.T, b)


LAYER = Definition(
    "temporal affine",
    ("temporalaffine", "timeaffine", "timedistributeddense"),
    forward,
    backward,
    {
        "x": Argument("N T D", names=("input", "inputs", "X")),
        "w": Argument("D M", names=("W", "weight", "weights")),
        "b": Argument("M", names=("bias", "biases")),
    },
    {
        "sizes differ": {"N": 2, "T": 3, "D": 4, "M": 5},
        "one sequence": {"N": 1, "T": 5, "D": 3, "M": 2},
        "one step": {"N": 4, "T": 1, "D": 2, "M": 3},
        "one column out": {"N": 3, "T": 4, "D": 2, "M": 1},
    },
    "Werbos, Proceedings of the IEEE 78, 1990",
    reference=reference,
    mistakes=(
        LayerMistake(
            "bias_mean_over_steps",
            "db = given.sum(axis=0)",
            "db = given.sum(axis=0) / float(x.shape[1])",
            "db is averaged over the steps, not summed",
        ),
        LayerMistake(
            "bias_of_last_step",
            "db = given.sum(axis=0)",
            "db = dout[:, -1].sum(axis=0)",
            "only the last step is taken, not the sum over the steps",
        ),
        LayerMistake(
            "weights_of_last_step",
            "dw = rows.T @ given",
            "dw = x[:, -1].T @ dout[:, -1]",
            "only the last step is taken, not the sum over the steps",
        ),
        LayerMistake(
            "weights_mean",
            "dw = rows.T @ given",
            "dw = rows.T @ given / float(len(rows))",
            "it is divided by the number of rows and steps, which belongs to the loss",
        ),
        LayerMistake(
            "bias_mean",
            "db = given.sum(axis=0)",
            "db = given.mean(axis=0)",
            "it is divided by the number of rows and steps, which belongs to the loss",
        ),
        LayerMistake(
            "axes_mixed",
            "dx = (given @ w.T).reshape(*x.shape)",
            "dx = (dout.transpose(1, 0, 2).reshape(-1, dout.shape[2]) @ w.T).reshape(*x.shape)",
            "sequences and steps are mixed up (reshape in place of transpose)",
        ),
    ),
)
