"""Layer normalisation: each row has mean 0 and variance 1 over its features, then a scale and a shift."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    mu = x.mean(axis=-1, keepdims=True)
    var = ((x - mu) ** 2).mean(axis=-1, keepdims=True)
    x_hat = (x - mu) / np.sqrt(var + eps)
    return gamma * x_hat + beta


def backward(dout: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    features = float(x.shape[-1])
    mu = x.mean(axis=-1, keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(axis=-1, keepdims=True) + eps)
    x_hat = (x - mu) / std
    dgamma = (dout * x_hat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx_hat = dout * gamma
    from_mean = dx_hat.sum(axis=-1, keepdims=True) / features
    from_var = x_hat * (dx_hat * x_hat).sum(axis=-1, keepdims=True) / features
    dx = (dx_hat - from_mean - from_var) / std
    return dx, dgamma, dbeta


def reference(torch: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)


_LAYER_NORM_DX = "dx = (dx_hat - from_mean - from_var) / std"

_LAYER_NORM_BODY = f"""dx_hat = dout * gamma
    from_mean = dx_hat.sum(axis=-1, keepdims=True) / features
    from_var = x_hat * (dx_hat * x_hat).sum(axis=-1, keepdims=True) / features
    {_LAYER_NORM_DX}"""

LAYER = Definition(
    "layer norm",
    ("layernorm", "layernormalization", "ln"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), scale=1.5, offset=0.7),
        "gamma": Argument("D", names=("g", "scale"), offset=2.0),
        "beta": Argument("D", names=("shift",), offset=-1.0),
    },
    {
        "four rows": {"N": 4, "D": 5},
        "one row": {"N": 1, "D": 7},
        "two columns": {"N": 5, "D": 2},
        "many rows, large eps": {"N": 9, "D": 3, "eps": 0.3},
    },
    "Ba, Kiros and Hinton, arXiv:1607.06450",
    options={"eps": 1e-5},
    option_names={"eps": ("epsilon",)},
    dictionaries={"ln_param": {"eps": "eps"}},
    reference=reference,
    mistakes=(
        LayerMistake("gamma_missing", "dx_hat = dout * gamma", "dx_hat = dout", "γ is left out of dx"),
        LayerMistake(
            "gamma_outside",
            _LAYER_NORM_BODY,
            _LAYER_NORM_BODY.replace("dout * gamma", "dout").replace("dx = ", "dx = gamma * "),
            "γ is multiplied after the sums over the features, as in batch norm; it belongs inside them",
        ),
        LayerMistake(
            "variance_twice",
            _LAYER_NORM_DX,
            "dx = (dx_hat - from_mean - 2 * from_var) / std",
            "the part of the variance is twice the right one: the derivative of the root has the factor ½",
        ),
        LayerMistake(
            "variance_halved",
            _LAYER_NORM_DX,
            "dx = (dx_hat - from_mean - 0.5 * from_var) / std",
            "the derivative of the square lacks its factor 2 in the part of the variance",
        ),
        LayerMistake(
            "variance_sign",
            _LAYER_NORM_DX,
            "dx = (dx_hat - from_mean + from_var) / std",
            "the part of the variance has the wrong sign: the derivative of 1/std is negative",
        ),
        LayerMistake(
            "features",
            "features = float(x.shape[-1])",
            "features = float(x.shape[0])",
            "it is divided by the number of rows where the number of features belongs",
            "https://github.com/flagos-ai/FlagGems/issues/5392",
        ),
        LayerMistake(
            "all_entries",
            "features = float(x.shape[-1])",
            "features = float(x.size)",
            "it is divided by the number of all entries where the number of features belongs",
            "https://github.com/flagos-ai/FlagGems/issues/5392",
        ),
        LayerMistake(
            "sums",
            "features = float(x.shape[-1])",
            "features = 1.0",
            "the sums are not divided by the number of features",
        ),
        LayerMistake(
            "variance_constant",
            _LAYER_NORM_DX,
            "dx = (dx_hat - from_mean) / std",
            "the variance is taken as a constant",
        ),
        LayerMistake(
            "mean_constant", _LAYER_NORM_DX, "dx = (dx_hat - from_var) / std", "the mean is taken as a constant"
        ),
        LayerMistake(
            "both_constant", _LAYER_NORM_DX, "dx = dx_hat / std", "the mean and the variance are taken as constants"
        ),
        LayerMistake(
            "batch_norm_backward",
            "from_mean = dx_hat.sum(axis=-1, keepdims=True) / features"
            "\n    from_var = x_hat * (dx_hat * x_hat).sum(axis=-1, keepdims=True) / features",
            "from_mean = dx_hat.mean(axis=0)\n    from_var = x_hat * (dx_hat * x_hat).mean(axis=0)",
            "the sums run over the rows, as in batch norm, not over the features",
        ),
        LayerMistake(
            "dgamma_of_centred",
            "dgamma = (dout * x_hat).sum(axis=0)",
            "dgamma = (dout * (x - mu)).sum(axis=0)",
            "x − μ stands in place of the normalised x",
        ),
    ),
)
