"""Stochastic gradient descent: w − learning_rate · dw."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(w: Any, dw1: Any, dw2: Any, dw3: Any, dw4: Any, learning_rate: float) -> Any:
    found = []
    for dw in (dw1, dw2, dw3, dw4):
        w = w - learning_rate * dw
        found.append(w)
    return tuple(found)


_SGD_STEP = "w = w - learning_rate * dw"

LAYER = Definition(
    "sgd",
    ("sgd", "gradientdescent"),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {"matrix": {"N": 4, "D": 3, "learning_rate": 0.07}, "row": {"N": 1, "D": 5, "learning_rate": 0.3}},
    "Robbins and Monro, Annals of Mathematical Statistics 22, 1951",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-2},
    dictionaries={"config": {"learning_rate": "learning_rate"}},
    kind="optimiser",
    mistakes=(
        LayerMistake("sign", _SGD_STEP, "w = w + learning_rate * dw", "the step goes up the gradient, not down"),
        LayerMistake("rate_missing", _SGD_STEP, "w = w - dw", "the learning rate is left out"),
        LayerMistake("step_only", _SGD_STEP, "w = -learning_rate * dw", "the old weights are left out"),
    ),
)
