"""Max pooling: the largest entry of each window of an image [N, C, H, W]; windows may overlap.

Where several entries of a window are the largest, each derivative may be anything from 0 to 1.
"""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    index = operations.windows(x.shape, pool_height, pool_width, stride)
    return np.max(operations.take(x, index.reshape(*index.shape[:4], -1)), axis=-1)


def backward(dout: Any, x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    index = operations.windows(x.shape, pool_height, pool_width, stride)
    index = index.reshape(*index.shape[:4], -1)
    patches = operations.take(x, index)
    is_largest = patches >= np.max(patches, axis=-1, keepdims=True)
    given = dout[..., None]
    places = index
    dx = operations.put(given * is_largest, places, x.shape)
    return (dx,)


def reference(torch: Any, x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    return torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride)


_MAX_POOL_DX = "dx = operations.put(given * is_largest, places, x.shape)"

LAYER = Definition(
    "max pool",
    ("maxpool", "maxpool2d", "maxpooling", "maxpooling2d", "maxpoollayer", "pool", "pooling"),
    forward,
    backward,
    {"x": Argument("N C H W", names=("input", "inputs", "X"))},
    {
        "windows side by side": {"N": 2, "C": 3, "H": 4, "W": 6},
        "windows overlap": {"N": 2, "C": 2, "H": 5, "W": 7, "pool_height": 3, "pool_width": 3, "stride": 2},
        "windows overlap, not square": {"N": 2, "C": 2, "H": 4, "W": 5, "pool_height": 2, "pool_width": 3, "stride": 1},
        "gaps between the windows": {"N": 1, "C": 2, "H": 7, "W": 5, "pool_height": 1, "pool_width": 2, "stride": 3},
        "ties": {"N": 2, "C": 2, "H": 4, "W": 4, "decimals": 0},
        "one row": {"N": 3, "C": 1, "H": 1, "W": 5, "pool_height": 1, "pool_width": 3, "stride": 2},
    },
    "Ranzato, Huang, Boureau and LeCun, CVPR 2007",
    options={"pool_height": 2, "pool_width": 2, "stride": 2},
    option_names={"stride": ("strides",), "pool_height": ("pool_h",), "pool_width": ("pool_w",)},
    dictionaries={"pool_param": {"pool_height": "pool_height", "pool_width": "pool_width", "stride": "stride"}},
    reference=reference,
    optional_in_classes=("windows overlap, not square", "gaps between the windows", "one row"),
    mistakes=(
        LayerMistake(
            "last_window",
            _MAX_POOL_DX,
            "dx = operations.put_last(given * is_largest, places, x.shape)",
            "only the last window that covers an entry is kept (= in place of +=)",
            "https://github.com/0809zheng/CS231n-assignment2019/issues/19",
        ),
        LayerMistake(
            "last_largest",
            _MAX_POOL_DX,
            "dx = operations.put_last(given * is_largest, np.where(is_largest, places, -1), x.shape)",
            "only the last window whose largest entry it is is kept (= in place of +=)",
            "https://github.com/FluxML/NNlib.jl/issues/205",
        ),
        LayerMistake(
            "stride_missing_in_windows",
            "index = operations.windows(x.shape, pool_height, pool_width, stride)\n    index = index.reshape(*",
            "index = operations.windows(x.shape, pool_height, pool_width, 1)[:, :, : dout.shape[2], : dout.shape[3]]"
            "\n    index = index.reshape(*",
            "the windows are those of stride 1 on the way back: the stride is left out",
        ),
        LayerMistake(
            "stride_missing",
            "places = index",
            "places = operations.windows(x.shape, pool_height, pool_width, 1)"
            "[:, :, : dout.shape[2], : dout.shape[3]].reshape(*index.shape)",
            "the stride is left out of the window's place on the way back",
        ),
        LayerMistake("upstream_missing", "given * is_largest", "(given * 0 + 1) * is_largest", "dout is left out"),
        LayerMistake("value_for_upstream", "given * is_largest", "patches * is_largest", "x stands in place of dout"),
        LayerMistake(
            "value_and_upstream", "given * is_largest", "given * patches * is_largest", "x is a factor too many"
        ),
        LayerMistake(
            "shared_out",
            "given * is_largest",
            "given * (0 * is_largest + 1.0 / index.shape[-1])",
            "dout is shared out evenly, as in average pooling",
        ),
        LayerMistake(
            "whole_window", "given * is_largest", "given * (0 * is_largest + 1.0)", "every entry of a window gets dout"
        ),
        LayerMistake("smallest", ">= np.max(patches", "<= -np.max(-patches", "the smallest entry gets dout"),
        LayerMistake(
            "first_image",
            "given = dout[..., None]",
            "given = dout[..., None] * operations.only_first((*dout.shape, 1), 0)",
            "only the first image is taken (return inside the loop)",
        ),
        LayerMistake(
            "first_channel_of_first_image",
            "given = dout[..., None]",
            "given = dout[..., None] * operations.only_first((*dout.shape, 1), 0, 1)",
            "only the first channel of the first image is taken (return inside the loop)",
        ),
        LayerMistake(
            "first_window",
            "given = dout[..., None]",
            "given = dout[..., None] * operations.only_first((*dout.shape, 1), 0, 2, 3)",
            "only the first window of the first image is taken (return inside the loop)",
            "https://github.com/riccardoandreoni0/CNN-from-scratch/issues/1",
        ),
        LayerMistake(
            "first_window_of_one_channel",
            "given = dout[..., None]",
            "given = dout[..., None] * operations.only_first((*dout.shape, 1), 0, 1, 2, 3)",
            "only the first window of the first channel is taken (return inside the loop)",
        ),
    ),
)
