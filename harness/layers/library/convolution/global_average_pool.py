"""Global average pooling: the mean of each channel of an image, [N, C, H, W] -> [N, C]."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any) -> Any:
    return x.mean(axis=(2, 3))


def backward(dout: Any, x: Any) -> Any:
    each = dout / float(x.shape[2] * x.shape[3])
    dx = each[:, :, None, None] + np.zeros(x.shape)
    return (dx,)


def reference(torch: Any, x: Any) -> Any:
    return torch.nn.functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]


LAYER = Definition(
    "global average pool",
    ("globalaveragepool", "globalavgpool", "globalaveragepooling", "globalaveragepooling2d", "globalavgpool2d", "gap"),
    forward,
    backward,
    {"x": Argument("N C H W", names=("input", "inputs", "X"))},
    {
        "height and width differ": {"N": 3, "C": 2, "H": 5, "W": 4},
        "one channel": {"N": 2, "C": 1, "H": 3, "W": 7},
        "one row": {"N": 1, "C": 3, "H": 1, "W": 5},
    },
    "Lin, Chen and Yan, ICLR 2014",
    reference=reference,
    mistakes=(
        LayerMistake(
            "not_divided",
            "each = dout / float(x.shape[2] * x.shape[3])",
            "each = dout",
            "the number of entries of a channel is left out",
        ),
        LayerMistake(
            "divided_by_height",
            "float(x.shape[2] * x.shape[3])",
            "float(x.shape[2])",
            "it is divided by the height alone",
        ),
    ),
)
