"""Binary cross-entropy of probabilities x: the mean of −y log x − (1 − y) log(1 − x)."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, y: Any, mean: bool, logits: bool) -> Any:
    p = operations.sigmoid(x) if logits else x
    total = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum()
    return total / float(x.size) if mean else total


def backward(x: Any, y: Any, mean: bool, logits: bool) -> Any:
    count = float(x.size) if mean else 1.0
    slope = operations.sigmoid(x) - y if logits else (x - y) / (x * (1 - x))
    dx = slope / count
    return (dx,)


def reference(torch: Any, x: Any, y: Any, mean: bool, logits: bool) -> Any:
    p = torch.sigmoid(x) if logits else x
    return torch.nn.functional.binary_cross_entropy(p, y, reduction="mean" if mean else "sum")


_BCE_SLOPE = "slope = operations.sigmoid(x) - y if logits else (x - y) / (x * (1 - x))"

LAYER = Definition(
    "binary cross-entropy",
    ("bce", "bceloss", "binarycrossentropy", "binarycrossentropyloss"),
    forward,
    backward,
    {
        "x": Argument("N D", kind="probability", names=("pred", "preds", "y_pred", "p", "probs", "output", "y_hat")),
        "y": Argument("N D", kind="mask", differentiable=False, names=("target", "targets", "y_true", "t")),
    },
    {"several rows": {"N": 5, "D": 3}, "one row": {"N": 1, "D": 4}, "one column": {"N": 6, "D": 1}},
    "Solla, Levin and Fleisher, Complex Systems 2, 1988",
    results=("loss",),
    kind="loss",
    options={"mean": True, "logits": False},
    reference=reference,
    conventions={
        "the sum over the entries, not their mean": {"mean": False},
        "x are scores before the sigmoid": {"logits": True},
        "x are scores before the sigmoid, the sum over the entries": {"logits": True, "mean": False},
    },
    mistakes=(
        LayerMistake(
            "slope_of_logits",
            _BCE_SLOPE,
            "slope = x - y",
            "it is x − y, which is the gradient of the scores before a sigmoid, not of probabilities",
        ),
        LayerMistake("second_part_missing", _BCE_SLOPE, "slope = -y / x", "the part (1 − y)/(1 − x) is missing"),
        LayerMistake(
            "second_part_sign",
            _BCE_SLOPE,
            "slope = -y / x - (1 - y) / (1 - x)",
            "the part (1 − y)/(1 − x) has the wrong sign",
        ),
        LayerMistake("count_missing", "dx = slope / count", "dx = slope", "it is not divided by the number of entries"),
        LayerMistake(
            "divided_by_rows",
            "count = float(x.size) if mean",
            "count = float(len(x)) if mean",
            "it is divided by the number of rows, unlike the loss",
        ),
    ),
)
