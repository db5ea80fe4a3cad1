"""The leaky rectified linear unit: out = x where x > 0, and alpha x elsewhere.

Its derivative at 0 may be anything from alpha to 1.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, alpha: float) -> Any:
    return np.maximum(x, alpha * x)


def backward(dout: Any, x: Any, alpha: float) -> Any:
    dx = dout * np.where(x > 0, 1.0, alpha)
    return (dx,)


def reference(torch: Any, x: Any, alpha: float) -> Any:
    return torch.nn.functional.leaky_relu(x, alpha)


_LEAKY_DX = "dx = dout * np.where(x > 0, 1.0, alpha)"

LAYER = Definition(
    "leaky relu",
    ("leakyrelu", "lrelu"),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"))},
    {
        "one row": {"N": 1, "D": 7},
        "several rows": {"N": 4, "D": 5},
        "rank 4": {"N": 2, "D": (2, 3, 3), "alpha": 0.2},
        "kink at 0": {"N": 3, "D": 6, "decimals": 0, "alpha": 0.1},
    },
    "Maas, Hannun and Ng, ICML 2013",
    options={"alpha": 0.01},
    option_names={"alpha": ("slope", "negative_slope", "leak", "a")},
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake("slope_zero", _LEAKY_DX, "dx = dout * (x > 0)", "the slope is 0 for x < 0, as that of relu"),
        LayerMistake(
            "added",
            _LEAKY_DX,
            "dx = dout * (x > 0) + alpha * (x < 0)",
            "dout is left out where x < 0",
        ),
        LayerMistake(
            "at_upstream",
            _LEAKY_DX,
            "dx = dout * np.where(dout > 0, 1.0, alpha)",
            "the sign of dout decides in place of that of x",
        ),
        LayerMistake(
            "alpha_x", _LEAKY_DX, "dx = np.where(x > 0, dout, alpha * x)", "alpha x stands in place of alpha dout"
        ),
        LayerMistake("copied", _LEAKY_DX, "dx = dout", "dout is passed on without the slope"),
    ),
)
