"""A linear classifier with the multiclass hinge loss of the scores X W, its mean over the rows, plus reg Σ W²."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import one_hot_rows


def forward(W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    scores, is_label = X @ W, one_hot_rows(y, W.shape[1])
    margins = scores - (scores * is_label).sum(axis=1, keepdims=True) + 1.0
    data = (np.maximum(margins, 0) * (1 - is_label)).sum() / float(len(X))
    penalty = (0.5 * reg if half else reg) * (W * W).sum()
    return data + penalty


def backward(W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    scores, is_label = X @ W, one_hot_rows(y, W.shape[1])
    margins = scores - (scores * is_label).sum(axis=1, keepdims=True) + 1.0
    counts = np.where(margins > 0, 1.0, 0.0) * (1 - is_label)
    dscores = counts - is_label * counts.sum(axis=1, keepdims=True)
    dW = X.T @ dscores / float(len(X))
    dW = dW + (reg if half else 2 * reg) * W
    return (dW,)


def reference(torch: Any, W: Any, X: Any, y: Any, reg: float, half: bool) -> Any:
    data = torch.nn.functional.multi_margin_loss(X @ W, y, reduction="sum") * W.shape[1] / len(X)
    return data + (0.5 * reg if half else reg) * (W * W).sum()


_SVM_DSCORES = "dscores = counts - is_label * counts.sum(axis=1, keepdims=True)"
_SVM_DW = "dW = X.T @ dscores / float(len(X))"
_SVM_L2 = "dW = dW + (reg if half else 2 * reg) * W"

LAYER = Definition(
    "svm classifier",
    ("svmlossnaive", "svmlossvectorized", "svmlossvectorised", "svmlosslinear"),
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
        "margins at the kink": {"N": 6, "D": 2, "C": 4, "reg": 0.2, "decimals": 0},
    },
    "Weston and Watkins, ESANN 1999",
    results=("loss",),
    kind="loss",
    options={"reg": 0.0, "half": False},
    option_names={"reg": ("reg_strength", "lam", "lambda_", "l2")},
    reference=reference,
    conventions={"the penalty is ½ reg Σ W²": {"half": True}},
    mistakes=(
        LayerMistake("penalty_missing", _SVM_L2, "", "the gradient of the penalty is missing"),
        LayerMistake(
            "penalty_factor",
            _SVM_L2,
            "dW = dW + (2 * reg if half else reg) * W",
            "the gradient of the penalty has half or twice its factor: reg Σ W² has 2 reg W, ½ reg Σ W² has reg W",
        ),
        LayerMistake(
            "penalty_sign",
            _SVM_L2,
            "dW = dW - (reg if half else 2 * reg) * W",
            "the gradient of the penalty has the wrong sign",
            "https://github.com/andersbll/nnet/issues/4",
        ),
        LayerMistake(
            "penalty_over_rows",
            _SVM_L2,
            "dW = dW + (reg if half else 2 * reg) * W / float(len(X))",
            "the gradient of the penalty is divided by the number of rows",
        ),
        LayerMistake("rows_missing", _SVM_DW, "dW = X.T @ dscores", "the sum is not divided by the number of rows"),
        LayerMistake("label_missing", _SVM_DSCORES, "dscores = counts", "the column of the label gets nothing"),
        LayerMistake(
            "label_once",
            _SVM_DSCORES,
            "dscores = counts - is_label",
            "X is subtracted once in the column of the label, not once for each positive margin",
        ),
        LayerMistake(
            "label_once_if_any",
            _SVM_DSCORES,
            "dscores = counts - is_label * np.max(counts, axis=1, keepdims=True)",
            "X is subtracted once in the column of the label if any margin is positive, not once for each",
        ),
    ),
)
