"""The exponential linear unit: out = x where x > 0, and alpha (e^x − 1) elsewhere."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, alpha: float) -> Any:
    return np.where(x > 0, x, alpha * operations.expm1(x))


def backward(dout: Any, x: Any, alpha: float) -> Any:
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    dx = dout * np.where(x > 0, 1.0, out + alpha)
    return (dx,)


def reference(torch: Any, x: Any, alpha: float) -> Any:
    return torch.nn.functional.elu(x, alpha)


_ELU_DX = "dx = dout * np.where(x > 0, 1.0, out + alpha)"

LAYER = Definition(
    "elu",
    ("elu",),
    forward,
    backward,
    {"x": Argument("N *D", names=("input", "inputs", "X", "Z", "z"), scale=2.0)},
    {
        "one row": {"N": 1, "D": 7},
        "several rows": {"N": 4, "D": 5, "alpha": 0.7},
        "rank 4": {"N": 2, "D": (2, 3, 3), "alpha": 1.6},
    },
    "Clevert, Unterthiner and Hochreiter, ICLR 2016",
    options={"alpha": 1.0},
    option_names={"alpha": ("a",)},
    reference=reference,
    optional=("rank 4",),
    mistakes=(
        LayerMistake("alpha_missing", _ELU_DX, "dx = dout * np.where(x > 0, 1.0, np.exp(x))", "alpha is left out"),
        LayerMistake("value_for_slope", _ELU_DX, "dx = dout * np.where(x > 0, 1.0, out)", "out stands for out + alpha"),
        LayerMistake(
            "one_for_alpha", _ELU_DX, "dx = dout * np.where(x > 0, 1.0, out + 1)", "1 is added in place of alpha"
        ),
        LayerMistake("slope_zero", _ELU_DX, "dx = dout * (x > 0)", "the slope is 0 for x < 0, as that of relu"),
    ),
)
