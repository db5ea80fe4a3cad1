"""The embedding of whole numbers: out[…] = W[x[…]]. A row of W that is taken twice gets the sum of both gradients."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, W: Any) -> Any:
    return W[x]


def backward(dout: Any, x: Any, W: Any) -> Any:
    index = x[..., None] * W.shape[1] + np.arange(W.shape[1])
    dW = operations.put(dout, index, W.shape)
    return (dW,)


def reference(torch: Any, x: Any, W: Any) -> Any:
    return torch.nn.functional.embedding(x, W)


LAYER = Definition(
    "embedding",
    ("embedding", "wordembedding", "embed", "embeddinglayer"),
    forward,
    backward,
    {
        "x": Argument("N *T", kind="labels", differentiable=False, names=("indices", "idx", "ids"), below="V"),
        "W": Argument("V D", names=("w", "weight", "weights", "E")),
    },
    {
        "indices repeat": {"N": 3, "T": (4,), "V": 5, "D": 3},
        "rows that are not taken": {"N": 2, "T": (3,), "V": 9, "D": 2},
        "one sequence of one": {"N": 1, "T": (1,), "V": 4, "D": 5},
        "one column, few rows": {"N": 2, "T": (5,), "V": 3, "D": 1},
    },
    "Bengio, Ducharme, Vincent and Jauvin, Journal of Machine Learning Research 3, 2003",
    reference=reference,
    mistakes=(
        LayerMistake(
            "last_only",
            "operations.put(dout",
            "operations.put_last(dout",
            "indices that repeat are not summed; the last one is kept",
            "https://github.com/tenstorrent/tt-metal/issues/6232",
        ),
        LayerMistake(
            "first_only",
            "dW = operations.put(dout, index, W.shape)",
            "dW = operations.put_last(dout[::-1, ::-1], index[::-1, ::-1], W.shape)",
            "indices that repeat are not summed; the first one is kept",
        ),
        LayerMistake(
            "mean_of_repeats",
            "dW = operations.put(dout, index, W.shape)",
            "count = operations.put(np.ones(index.shape), index, W.shape)"
            "\n    dW = operations.put(dout, index, W.shape) / np.maximum(count, 1.0)",
            "indices that repeat are averaged, not summed",
        ),
        LayerMistake(
            "first_sequence",
            "operations.put(dout",
            "operations.put(dout * operations.only_first(dout.shape, 0)",
            "only the first sequence is taken",
        ),
        LayerMistake(
            "first_step",
            "operations.put(dout",
            "operations.put(dout * operations.only_first(dout.shape, 1)",
            "only the first step of each sequence is taken",
        ),
    ),
)
