"""Adagrad: w − learning_rate · dw / (√cache + epsilon), where cache is the sum of dw²."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(w: Any, dw1: Any, dw2: Any, dw3: Any, dw4: Any, learning_rate: float, epsilon: float, inside: bool) -> Any:
    cache, found = 0.0 * w, []
    for dw in (dw1, dw2, dw3, dw4):
        cache = cache + dw * dw
        root = np.sqrt(cache + epsilon) if inside else np.sqrt(cache) + epsilon
        w = w - learning_rate * dw / root
        found.append(w)
    return tuple(found)


LAYER = Definition(
    "adagrad",
    ("adagrad",),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {
        "matrix": {"N": 4, "D": 3, "learning_rate": 0.07},
        "row, large epsilon": {"N": 1, "D": 5, "learning_rate": 0.3, "epsilon": 0.1},
    },
    "Duchi, Hazan and Singer, JMLR 12, 2011",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-2, "epsilon": 1e-8, "inside": False},
    dictionaries={"config": {"learning_rate": "learning_rate", "epsilon": "epsilon"}},
    kind="optimiser",
    conventions={"epsilon is added to cache, inside the root": {"inside": True}},
    mistakes=(
        LayerMistake(
            "sign", "w = w - learning_rate", "w = w + learning_rate", "the step goes up the gradient, not down"
        ),
        LayerMistake(
            "root_missing", "else np.sqrt(cache) + epsilon", "else cache + epsilon", "the root of cache is not taken"
        ),
        LayerMistake(
            "square_missing",
            "cache = cache + dw * dw",
            "cache = cache + np.sqrt(dw * dw)",
            "dw is not squared in cache",
        ),
        LayerMistake(
            "cache_not_kept", "cache = cache + dw * dw", "cache = dw * dw", "cache is not kept from step to step"
        ),
        LayerMistake("epsilon_missing", "else np.sqrt(cache) + epsilon", "else np.sqrt(cache)", "epsilon is left out"),
    ),
)
