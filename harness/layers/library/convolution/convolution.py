"""The convolution of images without flipping: out[n, f] = Σ w[f, c, i, j] x[n, c, h·stride + i, w·stride + j] + b[f].

Images have the shape [N, C, H, W], filters [F, C / groups, HH, WW]; `pad` zeros stand around each image.
"""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, w: Any, b: Any, stride: int, pad: int, groups: int) -> Any:
    height, width = w.shape[2:]
    index = operations.windows(x.shape, height, width, stride, pad)
    patches = operations.take(x, index).reshape(len(x), groups, -1, *index.shape[2:])
    out = np.einsum("ngchwij,gfcij->ngfhw", patches, w.reshape(groups, -1, *w.shape[1:]))
    return out.reshape(len(x), -1, *index.shape[2:4]) + b.reshape(-1, 1, 1)


def backward(dout: Any, x: Any, w: Any, b: Any, stride: int, pad: int, groups: int) -> Any:
    filters = w.reshape(groups, -1, *w.shape[1:])
    height, width = w.shape[2:]
    index = operations.windows(x.shape, height, width, stride, pad)
    given = dout
    db = given.sum(axis=(0, 2, 3))
    dz = given.reshape(len(x), groups, -1, *dout.shape[2:])
    patches = operations.take(x, index).reshape(len(x), groups, -1, *index.shape[2:])
    dw = np.einsum("ngfhw,ngchwij->gfcij", dz, patches).reshape(*w.shape)
    dpatches = np.einsum("ngfhw,gfcij->ngchwij", dz, filters).reshape(*index.shape)
    dx = operations.put(dpatches, index, x.shape)
    return dx, dw, db


def reference(torch: Any, x: Any, w: Any, b: Any, stride: int, pad: int, groups: int) -> Any:
    return torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad, groups=groups)


def _conv_sizes(x: tuple[int, ...], w: tuple[int, ...], **options: int) -> dict[str, int]:
    """The sizes of a case, from the shapes of x and w."""
    return dict(zip(("N", "C", "H", "W", "F", "K", "HH", "WW"), (*x, *w), strict=True)) | options


_CONV_DX = "dx = operations.put(dpatches, index, x.shape)"
_CONV_DW = 'dw = np.einsum("ngfhw,ngchwij->gfcij", dz, patches)'
_CONV_DPATCHES = 'dpatches = np.einsum("ngfhw,gfcij->ngchwij", dz, filters)'
_CONV_BORDERED = "(len(x), x.shape[1], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad)"

LAYER = Definition(
    "convolution",
    ("conv", "conv2d", "convolution", "convolution2d", "convlayer"),
    forward,
    backward,
    {
        "x": Argument("N C H W", names=("input", "inputs", "X")),
        "w": Argument("F K HH WW", names=("W", "weight", "weights", "kernel", "kernels", "filters")),
        "b": Argument("F", names=("bias", "biases")),
    },
    {
        "square filter": _conv_sizes((2, 2, 4, 5), (3, 2, 2, 2)),
        "stride 1, padding 1": _conv_sizes((2, 2, 5, 4), (3, 2, 3, 3), pad=1),
        "stride 2, filter not square": _conv_sizes((2, 3, 7, 6), (2, 3, 3, 2), stride=2),
        "stride 2, padding 1": _conv_sizes((3, 2, 5, 7), (2, 2, 3, 3), stride=2, pad=1),
        "one image, channel and filter": _conv_sizes((1, 1, 4, 5), (1, 1, 2, 3)),
        "one row": _conv_sizes((2, 2, 1, 6), (3, 2, 1, 3)),
        "stride larger than the filter": _conv_sizes((2, 2, 4, 5), (4, 2, 1, 2), stride=3),
        "two groups": _conv_sizes((2, 4, 4, 3), (6, 2, 2, 2), groups=2),
        "depthwise": _conv_sizes((2, 3, 5, 4), (3, 1, 3, 2), pad=1, groups=3),
    },
    "LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86, 1998",
    options={"stride": 1, "pad": 0, "groups": 1},
    option_names={"stride": ("strides",), "pad": ("padding",), "groups": ("group", "n_groups")},
    dictionaries={"conv_param": {"stride": "stride", "pad": "pad"}},
    reference=reference,
    optional_in_classes=(
        *("stride 2, filter not square", "one image, channel and filter", "one row"),
        *("stride larger than the filter", "depthwise"),
    ),
    mistakes=(
        LayerMistake(
            "cropped_at_the_corner",
            _CONV_DX,
            f"bordered = {_CONV_BORDERED}"
            "\n    dx = operations.put(dpatches, operations.windows(bordered, height, width, stride), bordered)"
            "\n    dx = dx[:, :, : x.shape[2], : x.shape[3]]",
            "the padding is cut off at the end only, in place of both sides",
        ),
        LayerMistake(
            "stride_missing",
            "index = operations.windows(x.shape, height, width, stride, pad)\n    given",
            "index = operations.windows(x.shape, height, width, 1, pad)[:, :, : dout.shape[2], : dout.shape[3]]"
            "\n    given",
            "the stride is left out of the window's place on the way back",
            "https://github.com/Kulbear/deep-learning-coursera/pull/34",
        ),
        LayerMistake(
            "last_window",
            _CONV_DX,
            "dx = operations.put_last(dpatches.reshape(*index.shape), index, x.shape)",
            "only the last window that covers an entry is kept (= in place of +=)",
        ),
        LayerMistake(
            "last_window_and_filter",
            f"{_CONV_DPATCHES}.reshape(*index.shape)\n    {_CONV_DX}",
            'dpatches = np.einsum("nghw,gcij->ngchwij", dz[:, :, -1], filters[:, -1]).reshape(*index.shape)'
            "\n    dx = operations.put_last(dpatches, index, x.shape)",
            "only the last filter and the last window that covers an entry are kept (= in place of +=)",
        ),
        LayerMistake(
            "last_filter",
            _CONV_DPATCHES,
            'dpatches = np.einsum("nghw,gcij->ngchwij", dz[:, :, -1], filters[:, -1])',
            "only the last filter is kept, not the sum over the filters",
        ),
        LayerMistake(
            "dw_last_place",
            _CONV_DW,
            'dw = np.einsum("ngfhw,ngchwij->gfcij", dz[..., -1:, -1:], patches[:, :, :, -1:, -1:])',
            "only the last place of the window is kept (= in place of +=)",
        ),
        LayerMistake(
            "dw_last_image",
            _CONV_DW,
            'dw = np.einsum("ngfhw,ngchwij->gfcij", dz[-1:], patches[-1:])',
            "only the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "dw_last_place_of_last_image",
            _CONV_DW,
            'dw = np.einsum("ngfhw,ngchwij->gfcij", dz[-1:, ..., -1:, -1:], patches[-1:, :, :, -1:, -1:])',
            "only the last place of the window in the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "db_last_image",
            "db = given.sum(axis=(0, 2, 3))",
            "db = given[-1].sum(axis=(1, 2))",
            "only the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "db_last_place_of_last_image",
            "db = given.sum(axis=(0, 2, 3))",
            "db = given[-1, :, -1, -1]",
            "only the last place of the last image is kept (= in place of +=)",
        ),
        LayerMistake(
            "filter_flipped",
            "filters = w.reshape(groups, -1, *w.shape[1:])\n    height",
            "filters = w[..., ::-1, ::-1].reshape(groups, -1, *w.shape[1:])\n    height",
            "the filter is flipped once too often, or once too few",
        ),
        LayerMistake(
            "dw_flipped",
            f"{_CONV_DW}.reshape(*w.shape)",
            f"{_CONV_DW}[..., ::-1, ::-1].reshape(*w.shape)",
            "it is flipped along its height and width",
        ),
        LayerMistake(
            "padding_not_removed",
            _CONV_DX,
            f"bordered = {_CONV_BORDERED}"
            "\n    dx = operations.put(dpatches, operations.windows(bordered, height, width, stride), bordered)",
            "the padding is not removed from it",
        ),
        LayerMistake(
            "rows_mixed",
            "given = dout",
            "given = dout.reshape(len(x), *dout.shape[2:], -1).transpose(0, 3, 1, 2)",
            "dout's axes are mixed up: dout.reshape(-1, F) without dout.transpose(0, 2, 3, 1)",
        ),
        LayerMistake(
            "columns_mixed",
            "given = dout",
            "given = dout.reshape(-1, len(x), *dout.shape[2:]).transpose(1, 0, 2, 3)",
            "dout's axes are mixed up: dout.reshape(F, -1) without dout.transpose(1, 0, 2, 3)",
        ),
        LayerMistake(
            "first_image",
            "given = dout",
            "given = dout * operations.only_first(dout.shape, 0)",
            "only the first image is taken (return inside the loop)",
        ),
        LayerMistake(
            "first_window",
            "given = dout",
            "given = dout * operations.only_first(dout.shape, 0, 2, 3)",
            "only the first window of the first image is taken (return inside the loop)",
        ),
    ),
)
