"""The softmax loss: the mean over the rows of −log softmax(x)[y], for scores x[N, C] and labels y[N].

Files may add a small number inside of the logarithm, and take the derivative as if it were not there.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import one_hot_rows, without_derivative


def forward(x: Any, y: Any, mean: bool, added: float) -> Any:
    shifted = x - without_derivative(np.max(x, axis=1, keepdims=True))
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    log_p = log_p + without_derivative(np.log(np.exp(log_p) + added) - log_p) if added else log_p
    total = -(log_p * one_hot_rows(y, x.shape[1])).sum()
    return total / float(len(x)) if mean else total


def backward(x: Any, y: Any, mean: bool, added: float) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    rows = float(len(x)) if mean else 1.0
    dx = (p - one_hot_rows(y, x.shape[1])) / rows
    return (dx,)


def reference(torch: Any, x: Any, y: Any, mean: bool, added: float) -> Any:
    log_p = torch.log_softmax(x, dim=1)
    log_p = log_p + (torch.log(torch.exp(log_p) + added) - log_p).detach() if added else log_p
    return torch.nn.functional.nll_loss(log_p, y, reduction="mean" if mean else "sum")


_SOFTMAX_LOSS_DX = "dx = (p - one_hot_rows(y, x.shape[1])) / rows"

LAYER = Definition(
    "softmax loss",
    ("softmaxloss", "softmaxcrossentropyloss", "softmaxcrossentropy", "crossentropywithsoftmax", "softmaxwithloss"),
    forward,
    backward,
    {
        "x": Argument("N C", names=("scores", "logits", "z"), scale=2.0),
        "y": Argument("N", kind="labels", differentiable=False, names=("labels", "targets", "t"), below="C"),
    },
    {
        "several rows": {"N": 5, "C": 4},
        "one row": {"N": 1, "C": 6},
        "two classes": {"N": 7, "C": 2},
        "scores that are equal": {"N": 4, "C": 3, "decimals": 0},
    },
    "Bridle, NeurIPS 1989",
    results=("loss",),
    kind="loss",
    options={"mean": True, "added": 0.0},
    reference=reference,
    conventions={
        "the loss is the sum over the rows, not their mean": {"mean": False},
        "1e-7 is added inside of the logarithm": {"added": 1e-7},
        "1e-8 is added inside of the logarithm": {"added": 1e-8},
        "1e-12 is added inside of the logarithm": {"added": 1e-12},
    },
    mistakes=(
        LayerMistake(
            "divided_twice",
            "dx = (p - one_hot_rows(y, x.shape[1])) / rows",
            "dx = (p - one_hot_rows(y, x.shape[1]) / rows) / rows",
            "the 1 of the right class is divided by the number of rows twice",
        ),
        LayerMistake("label_missing", _SOFTMAX_LOSS_DX, "dx = p / rows", "1 is not subtracted at the label"),
        LayerMistake(
            "rows_missing",
            _SOFTMAX_LOSS_DX,
            "dx = p - one_hot_rows(y, x.shape[1])",
            "it is not divided by the number of rows",
        ),
        LayerMistake(
            "label_after_mean",
            _SOFTMAX_LOSS_DX,
            "dx = p / rows - one_hot_rows(y, x.shape[1])",
            "only the probabilities are divided by the number of rows, not the 1 at the label",
        ),
        LayerMistake(
            "label_column",
            _SOFTMAX_LOSS_DX,
            "dx = (p - one_hot_rows(y, x.shape[1]).sum(axis=0)) / rows",
            "1 is subtracted in the whole column of each label (p[:, y] in place of p[np.arange(N), y])",
        ),
        LayerMistake(
            "sign",
            _SOFTMAX_LOSS_DX,
            "dx = (p + one_hot_rows(y, x.shape[1])) / rows",
            "1 is added at the label, not subtracted",
        ),
        LayerMistake(
            "softmax_slope_again",
            _SOFTMAX_LOSS_DX,
            "dx = (p - one_hot_rows(y, x.shape[1])) * p * (1 - p) / rows",
            "the slope p(1 − p) is multiplied once more; the loss has it already",
        ),
        LayerMistake(
            "mean_over_all",
            "return total / float(len(x)) if mean",
            "return total / float(x.size) if mean",
            "it is divided by the number of rows and classes, not of rows",
        ),
        LayerMistake(
            "softmax_over_rows",
            "log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
            "log_p = shifted - np.log(np.exp(shifted).sum(axis=0, keepdims=True))",
            "the softmax is taken over the rows, not over the classes",
        ),
    ),
)
