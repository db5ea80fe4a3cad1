"""Binary cross-entropy of scores before the sigmoid: the mean of log(1 + e^x) − x y."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, y: Any, mean: bool) -> Any:
    total = (operations.log_one_plus_exp(x) - x * y).sum()
    return total / float(x.size) if mean else total


def backward(x: Any, y: Any, mean: bool) -> Any:
    count = float(x.size) if mean else 1.0
    s = 1 / (1 + np.exp(-x))
    dx = (s - y) / count
    return (dx,)


def reference(torch: Any, x: Any, y: Any, mean: bool) -> Any:
    return torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction="mean" if mean else "sum")


_LOGITS_DX = "dx = (s - y) / count"

LAYER = Definition(
    "binary cross-entropy of logits",
    (
        *("bcewithlogits", "bcewithlogitsloss", "bcelogitsloss", "binarycrossentropywithlogits"),
        *("sigmoidcrossentropyloss", "sigmoidcrossentropy", "sigmoidbceloss", "logisticloss", "sigmoidloss"),
    ),
    forward,
    backward,
    {
        "x": Argument("N D", names=("logits", "scores", "z"), scale=2.0),
        "y": Argument("N D", kind="mask", differentiable=False, names=("target", "targets", "y_true", "t")),
    },
    {"several rows": {"N": 5, "D": 3}, "one row": {"N": 1, "D": 4}, "one column": {"N": 6, "D": 1}},
    "Cox, Journal of the Royal Statistical Society B 20, 1958",
    results=("loss",),
    kind="loss",
    options={"mean": True},
    reference=reference,
    conventions={"the sum over the entries, not their mean": {"mean": False}},
    mistakes=(
        LayerMistake(
            "slope_again",
            _LOGITS_DX,
            "dx = (s - y) * s * (1 - s) / count",
            "the slope of the sigmoid is multiplied once more; it cancels with the loss's own",
        ),
        LayerMistake("sigmoid_missing", _LOGITS_DX, "dx = (x - y) / count", "the sigmoid is left out"),
        LayerMistake(
            "of_probabilities",
            _LOGITS_DX,
            "dx = (s - y) / (s * (1 - s)) / count",
            "it is the gradient of the probabilities: the slope of the sigmoid is missing",
        ),
        LayerMistake("count_missing", _LOGITS_DX, "dx = s - y", "it is not divided by the number of entries"),
        LayerMistake(
            "divided_by_rows",
            "count = float(x.size) if mean",
            "count = float(len(x)) if mean",
            "it is divided by the number of rows, unlike the loss",
        ),
    ),
)
