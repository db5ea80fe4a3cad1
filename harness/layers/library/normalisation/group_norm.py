"""Group normalisation of images [N, C, H, W]: each group of channels of each row over its channels and places."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, beta: Any, groups: int, eps: float) -> Any:
    grouped = x.reshape(len(x), groups, -1)
    mu = grouped.mean(axis=2, keepdims=True)
    var = ((grouped - mu) ** 2).mean(axis=2, keepdims=True)
    x_hat = ((grouped - mu) / np.sqrt(var + eps)).reshape(*x.shape)
    return gamma.reshape(1, -1, 1, 1) * x_hat + beta.reshape(1, -1, 1, 1)


def backward(dout: Any, x: Any, gamma: Any, beta: Any, groups: int, eps: float) -> Any:
    grouped = x.reshape(len(x), groups, -1)
    count = float(grouped.shape[2])
    mu = grouped.mean(axis=2, keepdims=True)
    std = np.sqrt(((grouped - mu) ** 2).mean(axis=2, keepdims=True) + eps)
    z = (grouped - mu) / std
    dgamma = (dout * z.reshape(*x.shape)).sum(axis=(0, 2, 3)).reshape(*gamma.shape)
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(*gamma.shape)
    dx_hat = dout * gamma.reshape(1, -1, 1, 1)
    dz = dx_hat.reshape(*grouped.shape)
    from_mean = dz.sum(axis=2, keepdims=True) / count
    from_var = z * (dz * z).sum(axis=2, keepdims=True) / count
    dx = ((dz - from_mean - from_var) / std).reshape(*x.shape)
    return dx, dgamma, dbeta


def reference(torch: Any, x: Any, gamma: Any, beta: Any, groups: int, eps: float) -> Any:
    return torch.nn.functional.group_norm(x, groups, gamma.reshape(-1), beta.reshape(-1), eps)


_GROUP_DX = "dx = ((dz - from_mean - from_var) / std).reshape(*x.shape)"

LAYER = Definition(
    "group norm",
    ("spatialgroupnorm", "groupnorm", "groupnormalization", "gn"),
    forward,
    backward,
    {
        "x": Argument("N C H W", names=("input", "inputs", "X"), scale=1.5, offset=0.7),
        "gamma": Argument("*P", names=("g", "scale"), offset=2.0),
        "beta": Argument("*P", names=("shift",), offset=-1.0),
    },
    {
        "two groups": {"N": 2, "C": 6, "H": 2, "W": 3, "groups": 2, "P": "1 C 1 1"},
        "three groups": {"N": 3, "C": 6, "H": 3, "W": 2, "groups": 3, "P": "1 C 1 1"},
        "one group, as layer norm": {"N": 2, "C": 3, "H": 2, "W": 4, "P": "1 C 1 1"},
        "a group for each channel, large eps": {
            "N": 2,
            "C": 4,
            "H": 3,
            "W": 2,
            "groups": 4,
            "P": "1 C 1 1",
            "eps": 0.3,
        },
    },
    "Wu and He, ECCV 2018",
    options={"groups": 1, "eps": 1e-5},
    option_names={"groups": ("G", "group", "num_groups", "n_groups", "g"), "eps": ("epsilon",)},
    dictionaries={"gn_param": {"eps": "eps"}},
    reference=reference,
    conventions={"gamma and beta have shape (C,)": {"P": "C"}},
    mistakes=(
        LayerMistake(
            "gamma_missing", "dx_hat = dout * gamma.reshape(1, -1, 1, 1)", "dx_hat = dout", "γ is left out of dx"
        ),
        LayerMistake(
            "count_of_rows",
            "count = float(grouped.shape[2])",
            "count = float(len(x))",
            "the sums are divided by the number of rows, not of the entries of a group",
        ),
        LayerMistake(
            "count_of_channels",
            "count = float(grouped.shape[2])",
            "count = float(x.shape[1] // groups)",
            "the sums are divided by the number of channels of a group, not of its entries",
        ),
        LayerMistake(
            "count_of_all",
            "count = float(grouped.shape[2])",
            "count = float(grouped.shape[2] * groups)",
            "the sums are divided by the number of entries of all groups, not of one",
        ),
        LayerMistake(
            "variance_constant",
            _GROUP_DX,
            "dx = ((dz - from_mean) / std).reshape(*x.shape)",
            "the variance is taken as a constant",
        ),
        LayerMistake(
            "mean_constant",
            _GROUP_DX,
            "dx = ((dz - from_var) / std).reshape(*x.shape)",
            "the mean is taken as a constant",
        ),
        LayerMistake(
            "both_constant",
            _GROUP_DX,
            "dx = (dz / std).reshape(*x.shape)",
            "the mean and the variance are taken as constants",
        ),
    ),
)
