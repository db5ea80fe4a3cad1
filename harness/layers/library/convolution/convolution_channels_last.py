"""The convolution of images with the channels last: Z[m, h, w, f] = Σ W[i, j, c, f] A[m, h·stride + i, …, c] + b[f].

Images have the shape [m, H, W, C], filters [f, f, C, F], b [1, 1, 1, F]. Files that write A[pad:-pad] are right for
pad > 0 alone, and each case has padding.
"""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(A_prev: Any, W: Any, b: Any, stride: int, pad: int) -> Any:
    x, (height, width) = A_prev.transpose(0, 3, 1, 2), W.shape[:2]
    patches = operations.take(x, operations.windows(x.shape, height, width, stride, pad))
    return np.einsum("nchwij,ijcf->nhwf", patches, W) + b


def backward(dZ: Any, A_prev: Any, W: Any, b: Any, stride: int, pad: int) -> Any:
    x, (height, width) = A_prev.transpose(0, 3, 1, 2), W.shape[:2]
    index = operations.windows(x.shape, height, width, stride, pad)
    given = dZ
    db = given.sum(axis=(0, 1, 2)).reshape(1, 1, 1, -1)
    patches = operations.take(x, index)
    dW = np.einsum("nhwf,nchwij->ijcf", given, patches)
    dpatches = np.einsum("nhwf,ijcf->nchwij", given, W)
    dx = operations.put(dpatches, index, x.shape)
    return dx.transpose(0, 2, 3, 1), dW, db


def reference(torch: Any, A_prev: Any, W: Any, b: Any, stride: int, pad: int) -> Any:
    x, w = A_prev.permute(0, 3, 1, 2), W.permute(3, 2, 0, 1)
    return torch.nn.functional.conv2d(x, w, b.reshape(-1), stride=stride, padding=pad).permute(0, 2, 3, 1)


_LAST_DX = "dx = operations.put(dpatches, index, x.shape)"
_LAST_DW = 'dW = np.einsum("nhwf,nchwij->ijcf", given, patches)'

LAYER = Definition(
    "convolution, channels last",
    ("conv", "conv2d", "convolution"),
    forward,
    backward,
    {
        "A_prev": Argument("m H W C"),
        "W": Argument("f f C F"),
        "b": Argument("1 1 1 F"),
    },
    {
        "stride 1, padding 1": {"m": 2, "H": 4, "W": 3, "C": 2, "f": 3, "F": 3, "pad": 1},
        "stride 2, padding 1": {"m": 3, "H": 5, "W": 3, "C": 2, "f": 3, "F": 2, "stride": 2, "pad": 1},
        "stride 2, padding 2": {"m": 1, "H": 4, "W": 6, "C": 3, "f": 2, "F": 4, "stride": 2, "pad": 2},
    },
    "LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86, 1998",
    results=("Z",),
    options={"stride": 1, "pad": 0},
    dictionaries={"hparameters": {"stride": "stride", "pad": "pad"}},
    reference=reference,
    mistakes=(
        LayerMistake(
            "stride_missing",
            "index = operations.windows(x.shape, height, width, stride, pad)\n    given",
            "index = operations.windows(x.shape, height, width, 1, pad)[:, :, : dZ.shape[1], : dZ.shape[2]]\n    given",
            "the stride is left out of the window's place on the way back",
            "https://github.com/Kulbear/deep-learning-coursera/pull/34",
        ),
        LayerMistake(
            "last_window_and_filter",
            f'dpatches = np.einsum("nhwf,ijcf->nchwij", given, W)\n    {_LAST_DX}',
            'dpatches = np.einsum("nhw,ijc->nchwij", given[..., -1], W[..., -1])'
            "\n    dx = operations.put_last(dpatches, index, x.shape)",
            "only the last filter and the last window that covers an entry are kept (= in place of +=)",
        ),
        LayerMistake(
            "last_window",
            _LAST_DX,
            "dx = operations.put_last(dpatches, index, x.shape)",
            "only the last window that covers an entry is kept (= in place of +=)",
        ),
        LayerMistake(
            "padding_not_removed",
            _LAST_DX,
            "bordered = (*x.shape[:2], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad)"
            "\n    dx = operations.put(dpatches, operations.windows(bordered, height, width, stride), bordered)",
            "the padding is not removed from it",
        ),
        LayerMistake(
            "dw_last_place_of_last_image",
            _LAST_DW,
            'dW = np.einsum("nhwf,nchwij->ijcf", given[-1:, -1:, -1:], patches[-1:, :, -1:, -1:])',
            "only the last place of the window in the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "db_last_place_of_last_image",
            "db = given.sum(axis=(0, 1, 2)).reshape(1, 1, 1, -1)",
            "db = given[-1:, -1:, -1:]",
            "only the last place of the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "first_image",
            "given = dZ",
            "given = dZ * operations.only_first(dZ.shape, 0)",
            "only the first image is taken (return inside the loop)",
        ),
    ),
)
