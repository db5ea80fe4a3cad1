"""A linear softmax classifier: the mean softmax loss of the scores X W, plus an L2 penalty reg Σ W²."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import one_hot_rows, without_derivative


def forward(W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    scores = X @ W
    shifted = scores - without_derivative(np.max(scores, axis=1, keepdims=True))
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    data = -(log_p * one_hot_rows(y, W.shape[1])).sum() / float(len(X))
    penalty = (0.5 * reg if half else reg) * (W * W).sum()
    return data + penalty


def backward(W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    scores = X @ W
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p - one_hot_rows(y, W.shape[1])
    dW = X.T @ dscores / float(len(X))
    dW = dW + (reg if half else 2 * reg) * W
    return (dW,)


def reference(torch: Any, W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    return torch.nn.functional.cross_entropy(X @ W, y) + (0.5 * reg if half else reg) * (W * W).sum()


_CLASSIFIER_DW = "dW = X.T @ dscores / float(len(X))"
_CLASSIFIER_L2 = "dW = dW + (reg if half else 2 * reg) * W"

LAYER = Definition(
    "softmax classifier",
    ("softmaxlossnaive", "softmaxlossvectorized", "softmaxlossvectorised", "softmaxlosslinear"),
    forward,
    backward,
    {
        "W": Argument("D C", names=("w", "weights", "theta")),
        "X": Argument("N D", differentiable=False, names=("x", "inputs")),
        "y": Argument("N", kind="labels", differentiable=False, names=("labels", "targets", "t"), below="C"),
    },
    {
        "several rows": {"N": 5, "D": 3, "C": 4, "reg": 0.3},
        "one row": {"N": 1, "D": 5, "C": 3, "reg": 0.1},
        "two classes, no penalty": {"N": 7, "D": 4, "C": 2},
    },
    "Bridle, NeurIPS 1989",
    results=("loss",),
    kind="loss",
    options={"reg": 0.0, "half": False},
    option_names={"reg": ("reg_strength", "lam", "lambda_", "l2")},
    reference=reference,
    conventions={"the penalty is ½ reg Σ W²": {"half": True}},
    mistakes=(
        LayerMistake("penalty_missing", _CLASSIFIER_L2, "", "the gradient of the penalty is missing"),
        LayerMistake(
            "penalty_factor",
            _CLASSIFIER_L2,
            "dW = dW + (2 * reg if half else reg) * W",
            "the gradient of the penalty has half or twice its factor: reg Σ W² has 2 reg W, ½ reg Σ W² has reg W",
        ),
        LayerMistake(
            "penalty_sign",
            _CLASSIFIER_L2,
            "dW = dW - (reg if half else 2 * reg) * W",
            "the gradient of the penalty has the wrong sign",
            "https://github.com/andersbll/nnet/issues/4",
        ),
        LayerMistake(
            "penalty_over_rows",
            _CLASSIFIER_L2,
            "dW = dW + (reg if half else 2 * reg) * W / float(len(X))",
            "the gradient of the penalty is divided by the number of rows",
        ),
        LayerMistake(
            "rows_missing", _CLASSIFIER_DW, "dW = X.T @ dscores", "the sum is not divided by the number of rows"
        ),
        LayerMistake(
            "label_missing",
            "dscores = p - one_hot_rows(y, W.shape[1])",
            "dscores = p",
            "1 is not subtracted at the label",
        ),
        LayerMistake(
            "label_added",
            "dscores = p - one_hot_rows(y, W.shape[1])",
            "dscores = p + one_hot_rows(y, W.shape[1])",
            "1 is added at the label, not subtracted",
        ),
    ),
)
