"""Batch normalisation of images [N, C, H, W]: each channel over all rows and places."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    var = ((x - mu) ** 2).mean(axis=(0, 2, 3), keepdims=True)
    x_hat = (x - mu) / np.sqrt(var + eps)
    return gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)


def backward(dout: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    over = (0, 2, 3)
    mu = x.mean(axis=(0, 2, 3), keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(axis=(0, 2, 3), keepdims=True) + eps)
    x_hat = (x - mu) / std
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3))
    dbeta = dout.sum(axis=(0, 2, 3))
    dx_hat = dout * gamma.reshape(1, -1, 1, 1)
    from_mean = dx_hat.mean(axis=over, keepdims=True)
    from_var = x_hat * (dx_hat * x_hat).mean(axis=over, keepdims=True)
    dx = (dx_hat - from_mean - from_var) / std
    return dx, dgamma, dbeta


def reference(torch: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


_SPATIAL_DX = "dx = (dx_hat - from_mean - from_var) / std"

LAYER = Definition(
    "spatial batch norm",
    ("spatialbatchnorm", "spatialbatchnormalization", "batchnorm2d", "spatialbn", "bn2d"),
    forward,
    backward,
    {
        "x": Argument("N C H W", names=("input", "inputs", "X"), scale=1.5, offset=0.7),
        "gamma": Argument("C", names=("g", "scale"), offset=2.0),
        "beta": Argument("C", names=("shift",), offset=-1.0),
    },
    {
        "three channels": {"N": 2, "C": 3, "H": 4, "W": 5},
        "one channel, large eps": {"N": 3, "C": 1, "H": 2, "W": 3, "eps": 0.3},
        "one image": {"N": 1, "C": 4, "H": 3, "W": 2},
        "one row of places": {"N": 4, "C": 2, "H": 1, "W": 3},
    },
    "Ioffe and Szegedy, ICML 2015",
    options={"eps": 1e-5},
    option_names={"eps": ("epsilon",)},
    dictionaries={"bn_param": {"mode": ("=", "train"), "eps": "eps", "momentum": ("=", 0.9)}},
    reference=reference,
    mistakes=(
        LayerMistake(
            "gamma_missing",
            "dx_hat = dout * gamma.reshape(1, -1, 1, 1)",
            "dx_hat = dout",
            "γ is left out of dx",
            "https://github.com/denizyuret/Knet.jl/issues/288",
        ),
        LayerMistake(
            "rows_only", "over = (0, 2, 3)", "over = (0,)", "the means run over the rows only, not over the places"
        ),
        LayerMistake(
            "places_only", "over = (0, 2, 3)", "over = (2, 3)", "the means run over the places only, not over the rows"
        ),
        LayerMistake(
            "count_of_rows",
            "from_mean = dx_hat.mean(axis=over, keepdims=True)"
            "\n    from_var = x_hat * (dx_hat * x_hat).mean(axis=over, keepdims=True)",
            "from_mean = dx_hat.sum(axis=over, keepdims=True) / float(len(x))"
            "\n    from_var = x_hat * (dx_hat * x_hat).sum(axis=over, keepdims=True) / float(len(x))",
            "the sums are divided by the number of rows, not of rows and places",
        ),
        LayerMistake(
            "both_constant", _SPATIAL_DX, "dx = dx_hat / std", "the mean and the variance are taken as constants"
        ),
        LayerMistake(
            "channels_mixed",
            "var = ((x - mu) ** 2).mean(axis=(0, 2, 3), keepdims=True)",
            "var = ((x - mu) ** 2).mean(keepdims=True)",
            "the variance is that of all channels, not of each",
        ),
        LayerMistake(
            "reshaped",
            "return gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)",
            "rows = x.reshape(-1, x.shape[1])\n"
            "    rows = rows - rows.mean(axis=0)\n"
            "    mixed = rows / np.sqrt((rows**2).mean(axis=0) + eps)\n"
            "    return (gamma * mixed + beta).reshape(*x.shape)",
            "x is reshaped to columns without moving the channels to the last axis, which mixes them",
        ),
        LayerMistake(
            "dgamma_mean",
            "dgamma = (dout * x_hat).sum(axis=(0, 2, 3))",
            "dgamma = (dout * x_hat).mean(axis=(0, 2, 3))",
            "it is the mean over rows and places, not their sum",
        ),
        LayerMistake(
            "dbeta_mean",
            "dbeta = dout.sum(axis=(0, 2, 3))",
            "dbeta = dout.mean(axis=(0, 2, 3))",
            "it is the mean over rows and places, not their sum",
        ),
    ),
)
