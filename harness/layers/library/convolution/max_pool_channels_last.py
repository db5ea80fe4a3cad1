"""Max pooling with the channels last: the largest entry of each f × f window of each channel of an image [m, H, W, C].

Where several entries of a window are the largest, each derivative may be anything from 0 to 1.
"""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(A_prev: Any, f: int, stride: int) -> Any:
    x = A_prev.transpose(0, 3, 1, 2)
    index = operations.windows(x.shape, f, f, stride)
    return np.max(operations.take(x, index.reshape(*index.shape[:4], -1)), axis=-1).transpose(0, 2, 3, 1)


def backward(dA: Any, A_prev: Any, f: int, stride: int) -> Any:
    x = A_prev.transpose(0, 3, 1, 2)
    index = operations.windows(x.shape, f, f, stride)
    index = index.reshape(*index.shape[:4], -1)
    patches = operations.take(x, index)
    is_largest = patches >= np.max(patches, axis=-1, keepdims=True)
    given = dA.transpose(0, 3, 1, 2)[..., None]
    places = index
    dx = operations.put(given * is_largest, places, x.shape)
    return (dx.transpose(0, 2, 3, 1),)


def reference(torch: Any, A_prev: Any, f: int, stride: int) -> Any:
    return torch.nn.functional.max_pool2d(A_prev.permute(0, 3, 1, 2), f, stride).permute(0, 2, 3, 1)


_LAST_POOL_DX = "dx = operations.put(given * is_largest, places, x.shape)"

LAYER = Definition(
    "max pool, channels last",
    ("pool", "maxpool", "maxpool2d"),
    forward,
    backward,
    {"A_prev": Argument("m H W C")},
    {
        "windows side by side": {"m": 2, "H": 4, "W": 6, "C": 3},
        "windows overlap": {"m": 2, "H": 5, "W": 7, "C": 2, "f": 3, "stride": 2},
        "windows overlap, stride 1": {"m": 1, "H": 3, "W": 4, "C": 2, "f": 2, "stride": 1},
        "ties": {"m": 2, "H": 4, "W": 4, "C": 2, "decimals": 0},
    },
    "Ranzato, Huang, Boureau and LeCun, CVPR 2007",
    results=("A",),
    options={"f": 2, "stride": 2},
    dictionaries={"hparameters": {"f": "f", "stride": "stride"}},
    reference=reference,
    mistakes=(
        LayerMistake(
            "last_window",
            _LAST_POOL_DX,
            "dx = operations.put_last(given * is_largest, places, x.shape)",
            "only the last window that covers an entry is kept (= in place of +=)",
        ),
        LayerMistake(
            "stride_missing_in_windows",
            "index = operations.windows(x.shape, f, f, stride)\n    index = index.reshape(*",
            "index = operations.windows(x.shape, f, f, 1)[:, :, : dA.shape[1], : dA.shape[2]]"
            "\n    index = index.reshape(*",
            "the windows are those of stride 1 on the way back: the stride is left out",
            "https://github.com/enggen/Deep-Learning-Coursera/issues/7",
        ),
        LayerMistake(
            "stride_missing",
            "places = index",
            "places = operations.windows(x.shape, f, f, 1)[:, :, : dA.shape[1], : dA.shape[2]].reshape(*index.shape)",
            "the stride is left out of the window's place on the way back",
        ),
        LayerMistake(
            "first_image",
            "given = dA.transpose(0, 3, 1, 2)[..., None]",
            "given = (dA * operations.only_first(dA.shape, 0)).transpose(0, 3, 1, 2)[..., None]",
            "only the first image is taken (return inside the loop)",
        ),
        LayerMistake(
            "first_window",
            "given = dA.transpose(0, 3, 1, 2)[..., None]",
            "given = (dA * operations.only_first(dA.shape, 0, 1, 2)).transpose(0, 3, 1, 2)[..., None]",
            "only the first window of the first image is taken (return inside the loop)",
        ),
        LayerMistake(
            "value_for_upstream", "given * is_largest", "patches * is_largest", "A_prev stands in place of dA"
        ),
        LayerMistake(
            "whole_window", "given * is_largest", "given * (0 * is_largest + 1.0)", "every entry of a window gets dA"
        ),
    ),
)
