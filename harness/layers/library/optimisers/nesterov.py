"""Nesterov's momentum at the weights themselves: w − momentum · old velocity + (1 + momentum) · velocity."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(w: Any, dw1: Any, dw2: Any, dw3: Any, dw4: Any, learning_rate: float, momentum: float) -> Any:
    v, found = 0.0 * w, []
    for dw in (dw1, dw2, dw3, dw4):
        old = v
        v = momentum * v - learning_rate * dw
        w = w - momentum * old + (1 + momentum) * v
        found.append(w)
    return tuple(found)


_NESTEROV_STEP = "w = w - momentum * old + (1 + momentum) * v"

LAYER = Definition(
    "nesterov momentum",
    ("nesterov", "nesterovmomentum", "sgdnesterov", "sgdnesterovmomentum", "nag"),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {
        "matrix": {"N": 4, "D": 3, "learning_rate": 0.07, "momentum": 0.8},
        "row": {"N": 1, "D": 5, "learning_rate": 0.3, "momentum": 0.6},
    },
    "Sutskever, Martens, Dahl and Hinton, ICML 2013",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-2, "momentum": 0.9},
    dictionaries={"config": {"learning_rate": "learning_rate", "momentum": "momentum"}},
    kind="optimiser",
    mistakes=(
        LayerMistake("plain_momentum", _NESTEROV_STEP, "w = w + v", "this is plain momentum, without looking ahead"),
        LayerMistake(
            "old_sign",
            _NESTEROV_STEP,
            "w = w + momentum * old + (1 + momentum) * v",
            "momentum · old velocity is added, not subtracted",
        ),
        LayerMistake(
            "old_missing", _NESTEROV_STEP, "w = w + (1 + momentum) * v", "momentum · old velocity is not subtracted"
        ),
        LayerMistake(
            "without_one",
            _NESTEROV_STEP,
            "w = w - momentum * old + v",
            "the new velocity lacks its factor 1 + momentum",
        ),
        LayerMistake(
            "sign",
            "v = momentum * v - learning_rate * dw",
            "v = momentum * v + learning_rate * dw",
            "the step goes up the gradient: learning_rate · dw is added to the velocity",
        ),
    ),
)
