"""Normalisation by the root mean square of each row: out = gamma x / √(mean(x²) + eps)."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, eps: float) -> Any:
    ms = (x * x).mean(axis=-1, keepdims=True)
    x_hat = x / np.sqrt(ms + eps)
    return gamma * x_hat


def backward(dout: Any, x: Any, gamma: Any, eps: float) -> Any:
    features = float(x.shape[-1])
    rms = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    x_hat = x / rms
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dx = (dx_hat - x_hat * (dx_hat * x_hat).sum(axis=-1, keepdims=True) / features) / rms
    return dx, dgamma


def reference(torch: Any, x: Any, gamma: Any, eps: float) -> Any:
    return torch.nn.functional.rms_norm(x, gamma.shape, gamma, eps)


LAYER = Definition(
    "rms norm",
    ("rmsnorm", "rmsnormalization"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), scale=1.5, offset=0.7),
        "gamma": Argument("D", names=("g", "scale", "weight", "w"), offset=2.0),
    },
    {
        "four rows": {"N": 4, "D": 5},
        "one row": {"N": 1, "D": 7},
        "two columns": {"N": 5, "D": 2},
        "many rows, large eps": {"N": 9, "D": 3, "eps": 0.3},
    },
    "Zhang and Sennrich, NeurIPS 2019",
    options={"eps": 1e-5},
    option_names={"eps": ("epsilon",)},
    reference=reference,
    mistakes=(
        LayerMistake(
            "power_of_rms",
            "dx = (dx_hat - x_hat * (dx_hat * x_hat).sum(axis=-1, keepdims=True) / features) / rms",
            "dx = dx_hat / rms - x * (dx_hat * x).sum(axis=-1, keepdims=True) / features / rms**2",
            "the second part is divided by rms², in place of rms³",
        ),
        LayerMistake("gamma_missing", "dx_hat = dout * gamma", "dx_hat = dout", "γ is left out of dx"),
        LayerMistake(
            "sum_for_mean",
            "sum(axis=-1, keepdims=True) / features)",
            "sum(axis=-1, keepdims=True))",
            "the sum is not divided by the number of features",
        ),
        LayerMistake(
            "features",
            "features = float(x.shape[-1])",
            "features = float(len(x))",
            "it is divided by the number of rows where the number of features belongs",
        ),
        LayerMistake(
            "as_layer_norm",
            "dx = (dx_hat - x_hat",
            "dx = (dx_hat - dx_hat.mean(axis=-1, keepdims=True) - x_hat",
            "the mean of the gradient is subtracted, as in layer norm; no mean is subtracted here",
        ),
        LayerMistake(
            "dgamma_of_x",
            "dgamma = (dout * x_hat).sum(axis=0)",
            "dgamma = (dout * x).sum(axis=0)",
            "x stands in place of the normalised x",
        ),
    ),
)
