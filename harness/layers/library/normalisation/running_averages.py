"""The running averages of batch normalisation: momentum · old + (1 − momentum) · that of the batch, set in training."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(
    x: Any, gamma: Any, beta: Any, old_mean: Any, old_var: Any, momentum: float, eps: float, unbiased: bool
) -> Any:
    mean = x.mean(axis=0)
    var = ((x - mean) ** 2).sum(axis=0) / float(len(x) - 1 if unbiased else len(x))
    running_mean = momentum * old_mean + (1 - momentum) * mean
    running_var = momentum * old_var + (1 - momentum) * var
    return running_mean, running_var


_RUNNING_MEAN = "running_mean = momentum * old_mean + (1 - momentum) * mean"
_RUNNING_VAR = "running_var = momentum * old_var + (1 - momentum) * var"
_RUNNING = f"{_RUNNING_MEAN}\n    {_RUNNING_VAR}"

LAYER = Definition(
    "batch norm, running averages",
    ("batchnorm", "batchnormalization", "bn", "batchnorm1d"),
    forward,
    None,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), differentiable=False, scale=1.5, offset=0.7),
        "gamma": Argument("D", names=("g", "scale"), differentiable=False, offset=2.0),
        "beta": Argument("D", names=("shift",), differentiable=False, offset=-1.0),
        "old_mean": Argument("D", differentiable=False),
        "old_var": Argument("D", kind="positive", differentiable=False, offset=0.2),
    },
    {
        "four rows": {"N": 4, "D": 5},
        "two rows, small momentum": {"N": 2, "D": 4, "momentum": 0.3},
        "one column": {"N": 5, "D": 1, "momentum": 0.8},
    },
    "Ioffe and Szegedy, ICML 2015",
    results=("running_mean", "running_var"),
    options={"momentum": 0.9, "eps": 1e-5, "unbiased": False},
    dictionaries={
        "bn_param": {
            "mode": ("=", "train"),
            "eps": "eps",
            "momentum": "momentum",
            "running_mean": "old_mean",
            "running_var": "old_var",
        }
    },
    kind="forward",
    conventions={"the running variance is that with N − 1": {"unbiased": True}},
    updates={"bn_param": {"running_mean": "running_mean", "running_var": "running_var"}},
    mistakes=(
        LayerMistake(
            "not_updated",
            _RUNNING,
            "running_mean = 1.0 * old_mean\n    running_var = 1.0 * old_var",
            "the running averages are not updated",
        ),
        LayerMistake(
            "momentum_swapped",
            _RUNNING,
            "running_mean = (1 - momentum) * old_mean + momentum * mean"
            "\n    running_var = (1 - momentum) * old_var + momentum * var",
            "momentum and 1 − momentum are swapped",
        ),
        LayerMistake(
            "deviation",
            _RUNNING_VAR,
            "running_var = momentum * old_var + (1 - momentum) * var**0.5",
            "the standard deviation is averaged, not the variance",
        ),
        LayerMistake(
            "replaced",
            _RUNNING,
            "running_mean = 1.0 * mean\n    running_var = 1.0 * var",
            "the running averages are replaced by those of the batch",
        ),
    ),
)
