"""The multiclass hinge loss: the mean over the rows of Σ max(0, x[j] − x[y] + 1) over the classes j ≠ y."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import one_hot_rows


def forward(x: Any, y: Any, delta: float, mean: bool) -> Any:
    is_label = one_hot_rows(y, x.shape[1])
    margins = x - (x * is_label).sum(axis=1, keepdims=True) + delta
    total = (np.maximum(margins, 0) * (1 - is_label)).sum()
    return total / float(len(x)) if mean else total


def backward(x: Any, y: Any, delta: float, mean: bool) -> Any:
    is_label = one_hot_rows(y, x.shape[1])
    margins = x - (x * is_label).sum(axis=1, keepdims=True) + delta
    counts = np.where(margins > 0, 1.0, 0.0) * (1 - is_label)
    rows = float(len(x)) if mean else 1.0
    dx = (counts - is_label * counts.sum(axis=1, keepdims=True)) / rows
    return (dx,)


def reference(torch: Any, x: Any, y: Any, delta: float, mean: bool) -> Any:
    total = torch.nn.functional.multi_margin_loss(x, y, margin=delta, reduction="sum") * x.shape[1]
    return total / len(x) if mean else total


_HINGE_DX = "dx = (counts - is_label * counts.sum(axis=1, keepdims=True)) / rows"

LAYER = Definition(
    "svm loss",
    ("svmloss", "hingeloss", "multiclasshingeloss"),
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
        "margins at the kink": {"N": 6, "C": 5, "decimals": 0},
    },
    "Weston and Watkins, ESANN 1999",
    results=("loss",),
    kind="loss",
    options={"delta": 1.0, "mean": True},
    option_names={"delta": ("margin",)},
    reference=reference,
    conventions={"the loss is the sum over the rows, not their mean": {"mean": False}},
    mistakes=(
        LayerMistake(
            "label_missing", _HINGE_DX, "dx = counts / rows", "the entry of the label is missing: minus the count"
        ),
        LayerMistake(
            "label_once",
            _HINGE_DX,
            "dx = (counts - is_label) / rows",
            "1 is subtracted at the label, not the number of positive margins",
        ),
        LayerMistake(
            "rows_missing",
            _HINGE_DX,
            "dx = counts - is_label * counts.sum(axis=1, keepdims=True)",
            "it is not divided by the number of rows",
        ),
        LayerMistake(
            "label_once_if_any",
            _HINGE_DX,
            "dx = (counts - is_label * np.max(counts, axis=1, keepdims=True)) / rows",
            "1 is subtracted at the label if any margin is positive, not the number of positive margins",
        ),
        LayerMistake(
            "margins_for_counts",
            "counts = np.where(margins > 0, 1.0, 0.0) * (1 - is_label)",
            "counts = np.where(margins > 0, margins, 0.0) * (1 - is_label)",
            "the margins themselves stand in place of 1",
        ),
        LayerMistake(
            "label_in_loss",
            "total = (np.maximum(margins, 0) * (1 - is_label)).sum()",
            "total = np.maximum(margins, 0).sum()",
            "the margin of the label, which is 1, is in the sum",
        ),
        LayerMistake(
            "margin_missing",
            "margins = x - (x * is_label).sum(axis=1, keepdims=True) + delta\n    total",
            "margins = x - (x * is_label).sum(axis=1, keepdims=True)\n    total",
            "the margin 1 is missing",
        ),
    ),
)
