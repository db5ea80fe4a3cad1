"""Batch normalisation in test mode: with the running mean and variance in place of those of the batch."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any, eps: float) -> Any:
    x_hat = (x - running_mean) / np.sqrt(running_var + eps)
    return gamma * x_hat + beta


def reference(torch: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any, eps: float) -> Any:
    return torch.nn.functional.batch_norm(x, running_mean, running_var, gamma, beta, training=False, eps=eps)


_TEST_X_HAT = "x_hat = (x - running_mean) / np.sqrt(running_var + eps)"

LAYER = Definition(
    "batch norm, test mode",
    ("batchnorm", "batchnormalization", "bn", "batchnorm1d"),
    forward,
    None,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), differentiable=False, scale=1.5, offset=0.7),
        "gamma": Argument("D", names=("g", "scale"), differentiable=False, offset=2.0),
        "beta": Argument("D", names=("shift",), differentiable=False, offset=-1.0),
        "running_mean": Argument("D", differentiable=False),
        "running_var": Argument("D", kind="positive", differentiable=False, offset=0.2),
    },
    {
        "four rows": {"N": 4, "D": 5},
        "one row": {"N": 1, "D": 3},
        "one column, large eps": {"N": 5, "D": 1, "eps": 0.3},
    },
    "Ioffe and Szegedy, ICML 2015",
    options={"eps": 1e-5},
    dictionaries={
        "bn_param": {
            "mode": ("=", "test"),
            "eps": "eps",
            "momentum": ("=", 0.9),
            "running_mean": "running_mean",
            "running_var": "running_var",
        }
    },
    kind="forward",
    reference=reference,
    mistakes=(
        LayerMistake(
            "batch_statistics",
            _TEST_X_HAT,
            "x_hat = (x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0) + eps)",
            "the mean and the variance of the batch are used, not the running ones",
        ),
        LayerMistake(
            "root_missing",
            _TEST_X_HAT,
            "x_hat = (x - running_mean) / (running_var + eps)",
            "it is divided by the running variance, not by its root",
        ),
        LayerMistake(
            "eps_outside",
            _TEST_X_HAT,
            "x_hat = (x - running_mean) / (np.sqrt(running_var) + eps)",
            "eps is added to the root, not to the variance",
        ),
        LayerMistake(
            "eps_missing", _TEST_X_HAT, "x_hat = (x - running_mean) / np.sqrt(running_var)", "eps is left out"
        ),
        LayerMistake(
            "no_scale", "return gamma * x_hat + beta", "return x_hat", "the scale γ and the shift β are left out"
        ),
    ),
)
