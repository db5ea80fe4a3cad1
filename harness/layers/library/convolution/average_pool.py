"""Average pooling: the mean of each window of an image [N, C, H, W]; windows may overlap."""

from typing import Any

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    return operations.take(x, operations.windows(x.shape, pool_height, pool_width, stride)).mean(axis=(4, 5))


def backward(dout: Any, x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    index = operations.windows(x.shape, pool_height, pool_width, stride)
    each = 1.0 / (pool_height * pool_width)
    dwindows = (dout * each)[..., None, None] + index * 0.0
    dx = operations.put(dwindows, index, x.shape)
    return (dx,)


def reference(torch: Any, x: Any, pool_height: int, pool_width: int, stride: int) -> Any:
    return torch.nn.functional.avg_pool2d(x, (pool_height, pool_width), stride)


LAYER = Definition(
    "average pool",
    ("averagepool", "avgpool", "avgpool2d", "averagepooling", "averagepooling2d", "avgpooling", "meanpool"),
    forward,
    backward,
    {"x": Argument("N C H W", names=("input", "inputs", "X"))},
    {
        "windows side by side": {"N": 2, "C": 3, "H": 4, "W": 6},
        "windows overlap": {"N": 2, "C": 2, "H": 5, "W": 7, "pool_height": 3, "pool_width": 3, "stride": 2},
        "windows overlap, not square": {"N": 1, "C": 2, "H": 4, "W": 5, "pool_height": 2, "pool_width": 3, "stride": 1},
        "one row": {"N": 3, "C": 1, "H": 1, "W": 5, "pool_height": 1, "pool_width": 3, "stride": 2},
    },
    "LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86, 1998",
    options={"pool_height": 2, "pool_width": 2, "stride": 2},
    option_names={"stride": ("strides",), "pool_height": ("pool_h",), "pool_width": ("pool_w",)},
    dictionaries={"pool_param": {"pool_height": "pool_height", "pool_width": "pool_width", "stride": "stride"}},
    reference=reference,
    optional_in_classes=("windows overlap, not square", "one row"),
    mistakes=(
        LayerMistake(
            "not_divided", "each = 1.0 / (pool_height * pool_width)", "each = 1.0", "the size of the window is left out"
        ),
        LayerMistake(
            "divided_by_height",
            "each = 1.0 / (pool_height * pool_width)",
            "each = 1.0 / pool_height",
            "it is divided by the height of the window alone",
        ),
        LayerMistake(
            "last_window",
            "operations.put(dwindows",
            "operations.put_last(dwindows",
            "only the last window that covers an entry is kept (= in place of +=)",
        ),
        LayerMistake(
            "stride_missing",
            "dx = operations.put(dwindows, index, x.shape)",
            "places = operations.windows(x.shape, pool_height, pool_width, 1)"
            "\n    dx = operations.put(dwindows, places[:, :, : dout.shape[2], : dout.shape[3]], x.shape)",
            "the stride is left out of the window's place on the way back",
        ),
    ),
)
