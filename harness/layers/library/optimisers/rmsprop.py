"""RMSProp: as Adagrad, where cache is a moving average of dw²: decay_rate · cache + (1 − decay_rate) · dw²."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(
    w: Any,
    dw1: Any,
    dw2: Any,
    dw3: Any,
    dw4: Any,
    learning_rate: float,
    decay_rate: float,
    epsilon: float,
    inside: bool,
) -> Any:
    cache, found = 0.0 * w, []
    for dw in (dw1, dw2, dw3, dw4):
        cache = decay_rate * cache + (1 - decay_rate) * dw * dw
        root = np.sqrt(cache + epsilon) if inside else np.sqrt(cache) + epsilon
        w = w - learning_rate * dw / root
        found.append(w)
    return tuple(found)


_SQUARES = "cache = decay_rate * cache + (1 - decay_rate) * dw * dw"

LAYER = Definition(
    "rmsprop",
    ("rmsprop",),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {
        "matrix": {"N": 4, "D": 3, "learning_rate": 0.07, "decay_rate": 0.8},
        "row, large epsilon": {"N": 1, "D": 5, "learning_rate": 0.3, "decay_rate": 0.7, "epsilon": 0.1},
    },
    "Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5, 2012",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "inside": False},
    dictionaries={
        "config": {"learning_rate": "learning_rate", "decay_rate": "decay_rate", "epsilon": "epsilon"},
    },
    kind="optimiser",
    conventions={"epsilon is added to cache, inside the root": {"inside": True}},
    mistakes=(
        LayerMistake(
            "sign", "w = w - learning_rate", "w = w + learning_rate", "the step goes up the gradient, not down"
        ),
        LayerMistake(
            "rates_swapped",
            _SQUARES,
            "cache = (1 - decay_rate) * cache + decay_rate * dw * dw",
            "decay_rate and 1 − decay_rate are swapped",
        ),
        LayerMistake(
            "rate_missing", _SQUARES, "cache = decay_rate * cache + dw * dw", "dw² lacks its factor 1 − decay_rate"
        ),
        LayerMistake(
            "square_missing",
            _SQUARES,
            "cache = decay_rate * cache + (1 - decay_rate) * np.sqrt(dw * dw)",
            "dw is not squared in cache",
        ),
        LayerMistake(
            "cache_not_kept", _SQUARES, "cache = (1 - decay_rate) * dw * dw", "cache is not kept from step to step"
        ),
        LayerMistake(
            "as_adagrad", _SQUARES, "cache = cache + dw * dw", "cache is the sum of dw², as in Adagrad, not an average"
        ),
        LayerMistake(
            "root_missing", "else np.sqrt(cache) + epsilon", "else cache + epsilon", "the root of cache is not taken"
        ),
        LayerMistake("epsilon_missing", "else np.sqrt(cache) + epsilon", "else np.sqrt(cache)", "epsilon is left out"),
    ),
)
