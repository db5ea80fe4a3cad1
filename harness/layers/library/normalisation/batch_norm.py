"""Batch normalisation in training: each column has mean 0 and variance 1 over the rows, then a scale and a shift."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mu = x.mean(axis=0)
    var = ((x - mu) ** 2).mean(axis=0)
    x_hat = (x - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta


def backward(dout: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mu = x.mean(axis=0)
    std = np.sqrt(((x - mu) ** 2).mean(axis=0) + eps)
    x_hat = (x - mu) / std
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std
    return dx, dgamma, dbeta


def reference(torch: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


LAYER = Definition(
    "batch norm",
    ("batchnorm", "batchnormalization", "bn", "batchnorm1d"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), scale=1.5, offset=0.7),
        "gamma": Argument("D", names=("g", "scale", "BW"), offset=2.0),
        "beta": Argument("D", names=("shift", "Bb"), offset=-1.0),
    },
    {
        "four rows": {"N": 4, "D": 5},
        "many rows": {"N": 9, "D": 3},
        "two rows": {"N": 2, "D": 4},
        "one column, large eps": {"N": 5, "D": 1, "eps": 0.3},
    },
    "Ioffe and Szegedy, ICML 2015",
    options={"eps": 1e-5},
    option_names={"eps": ("epsilon",)},
    dictionaries={"bn_param": {"mode": ("=", "train"), "eps": "eps", "momentum": ("=", 0.9)}},
    reference=reference,
    mistakes=(
        LayerMistake(
            "n_less_one",
            "(dx_hat * x_hat).mean(axis=0)) / std",
            "(dx_hat * x_hat).mean(axis=0)) / std * (len(x) / (len(x) - 1.0))",
            "N − 1 stands in place of N",
        ),
        LayerMistake(
            "mean_of_n_less_one",
            "dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)",
            "dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0) / (len(x) - 1.0)",
            "N − 1 stands in place of N in the part of the variance",
        ),
        LayerMistake(
            "gamma_missing",
            "dx_hat = dout * gamma",
            "dx_hat = dout",
            "γ is left out of dx",
            "https://github.com/denizyuret/Knet.jl/issues/288",
        ),
        LayerMistake(
            "variance_constant",
            "- x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            ") / std",
            "the variance is taken as a constant",
        ),
        LayerMistake("mean_constant", "dx_hat - dx_hat.mean(axis=0) -", "dx_hat -", "the mean is taken as a constant"),
        LayerMistake(
            "root_missing",
            "(dx_hat * x_hat).mean(axis=0)) / std",
            "(dx_hat * x_hat).mean(axis=0)) / std**2",
            "dx is divided by the variance, not by its root",
        ),
        LayerMistake(
            "dgamma_of_x",
            "dgamma = (dout * x_hat).sum(axis=0)",
            "dgamma = (dout * x).sum(axis=0)",
            "x stands in place of the normalised x",
        ),
        LayerMistake(
            "dgamma_of_centred",
            "dgamma = (dout * x_hat).sum(axis=0)",
            "dgamma = (dout * (x - mu)).sum(axis=0)",
            "x − μ stands in place of the normalised x",
        ),
        LayerMistake(
            "both_constant",
            "(dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "dx_hat / std",
            "the mean and the variance are taken as constants",
        ),
        LayerMistake(
            "sums_for_means",
            "(dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "(dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0)) / std",
            "the sums over the rows are not divided by the number of rows",
        ),
        LayerMistake(
            "variance_not_over_rows",
            "x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "x_hat * (dx_hat * x_hat).sum(axis=0)) / std",
            "the part of the variance is not divided by the number of rows",
        ),
        LayerMistake(
            "variance_halved",
            "x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "0.5 * x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "the derivative of the square lacks its factor 2 in the part of the variance",
        ),
        LayerMistake(
            "variance_twice",
            "- x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "- 2 * x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "the part of the variance is twice the right one: the derivative of the root has the factor ½",
        ),
        LayerMistake(
            "variance_sign",
            "- x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "+ x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "the part of the variance has the wrong sign: the derivative of 1/std is negative",
        ),
        LayerMistake(
            "reciprocal_of_root",
            "- x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "- x_hat * (dx_hat * x_hat).mean(axis=0) * std) / std",
            "the derivative of 1/std is taken as −1/std: the square of std is missing in the part of the variance",
        ),
        LayerMistake(
            "power_of_variance",
            "- x_hat * (dx_hat * x_hat).mean(axis=0)) / std",
            "- x_hat * (dx_hat * x_hat).mean(axis=0) * std**2) / std",
            "the power −1/2 of the variance stands in place of −3/2, which its derivative has",
        ),
        LayerMistake(
            "unbiased",
            "var = ((x - mu) ** 2).mean(axis=0)",
            "var = ((x - mu) ** 2).sum(axis=0) / float(max(1, len(x) - 1))",
            "the variance is divided by N − 1, not by N",
        ),
        LayerMistake(
            "eps_outside",
            "x_hat = (x - mu) / np.sqrt(var + eps)",
            "x_hat = (x - mu) / (np.sqrt(var) + eps)",
            "eps is added to the root, not to the variance",
        ),
    ),
)
