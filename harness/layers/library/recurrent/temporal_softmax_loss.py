"""The softmax loss at each step of a sequence where mask is 1: the sum over the steps, the mean over the sequences.

loss = −1/N Σ mask[n, t] log softmax(x[n, t])[y[n, t]], for scores x[N, T, V] and labels y[N, T].
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import one_hot_rows, without_derivative


def forward(x: Any, y: Any, mask: Any) -> Any:
    shifted = x - without_derivative(np.max(x, axis=2, keepdims=True))
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    chosen = (log_p * one_hot_rows(y, x.shape[2])).sum(axis=2)
    counted = chosen * mask
    return -counted.sum() / float(len(x))


def backward(x: Any, y: Any, mask: Any) -> Any:
    e = np.exp(x - np.max(x, axis=2, keepdims=True))
    p = e / e.sum(axis=2, keepdims=True)
    ds = p - one_hot_rows(y, x.shape[2])
    dx = ds * mask[..., None] / float(len(x))
    return (dx,)


def reference(torch: Any, x: Any, y: Any, mask: Any) -> Any:
    losses = torch.nn.functional.cross_entropy(x.reshape(-1, x.shape[2]), y.reshape(-1), reduction="none")
    return (losses.reshape(y.shape) * mask).sum() / len(x)


_TEMPORAL_DX = "dx = ds * mask[..., None] / float(len(x))"

LAYER = Definition(
    "temporal softmax loss",
    ("temporalsoftmaxloss", "temporalsoftmax"),
    forward,
    backward,
    {
        "x": Argument("N T V", names=("scores", "logits"), scale=2.0),
        "y": Argument("N T", kind="labels", differentiable=False, names=("labels", "targets"), below="V"),
        "mask": Argument("N T", kind="mask", differentiable=False),
    },
    {
        "some steps masked": {"N": 3, "T": 4, "V": 5},
        "one sequence": {"N": 1, "T": 6, "V": 3},
        "many steps": {"N": 2, "T": 7, "V": 2},
    },
    "Bridle, NeurIPS 1989",
    results=("loss",),
    kind="loss",
    reference=reference,
    mistakes=(
        LayerMistake("mask_missing_in_dx", _TEMPORAL_DX, "dx = ds / float(len(x))", "the mask is left out of dx"),
        LayerMistake("mask_missing", "counted = chosen * mask", "counted = chosen * 1.0", "the mask is left out"),
        LayerMistake(
            "mean_over_steps",
            "return -counted.sum() / float(len(x))",
            "return -counted.sum() / float(len(x) * x.shape[1])",
            "it is divided by the number of steps, too; the convention here is the sum over the steps",
        ),
        LayerMistake(
            "mean_over_unmasked",
            "return -counted.sum() / float(len(x))",
            "return -counted.sum() / mask.sum()",
            "it is divided by the number of steps that are not masked; the convention here is the number of sequences",
        ),
        LayerMistake(
            "label_missing",
            "ds = p - one_hot_rows(y, x.shape[2])",
            "ds = p",
            "1 is not subtracted at the label",
        ),
        LayerMistake(
            "label_after_mask",
            _TEMPORAL_DX,
            "dx = (p * mask[..., None] - one_hot_rows(y, x.shape[2])) / float(len(x))",
            "only the probabilities are masked, not the 1 at the label",
        ),
        LayerMistake(
            "label_after_mean",
            _TEMPORAL_DX,
            "dx = (p / float(len(x)) - one_hot_rows(y, x.shape[2])) * mask[..., None]",
            "only the probabilities are divided by the number of sequences, not the 1 at the label",
        ),
        LayerMistake(
            "softmax_over_steps",
            "log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))",
            "log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))",
            "the softmax is taken over the steps, not over the classes",
        ),
    ),
)
