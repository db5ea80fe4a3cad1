"""Gradient descent with momentum: velocity = momentum · velocity − learning_rate · dw, which is added to w."""

from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(
    w: Any, dw1: Any, dw2: Any, dw3: Any, dw4: Any, learning_rate: float, momentum: float, averaged: bool
) -> Any:
    v, found = 0.0 * w, []
    for dw in (dw1, dw2, dw3, dw4):
        v = momentum * v - learning_rate * ((1 - momentum) * dw if averaged else dw)
        w = w + v
        found.append(w)
    return tuple(found)


_VELOCITY = "v = momentum * v - learning_rate * ((1 - momentum) * dw if averaged else dw)"

LAYER = Definition(
    "sgd with momentum",
    ("sgdmomentum", "momentum", "sgdwithmomentum", "momentumsgd"),
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
    "Polyak, USSR Computational Mathematics and Mathematical Physics 4, 1964",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-2, "momentum": 0.9, "averaged": False},
    dictionaries={"config": {"learning_rate": "learning_rate", "momentum": "momentum"}},
    kind="optimiser",
    conventions={"the velocity is an average: (1 − momentum) dw is added to it": {"averaged": True}},
    mistakes=(
        LayerMistake(
            "sign",
            _VELOCITY,
            "v = momentum * v + learning_rate * ((1 - momentum) * dw if averaged else dw)",
            "the step goes up the gradient: learning_rate · dw is added to the velocity",
        ),
        LayerMistake(
            "rate_missing",
            _VELOCITY,
            "v = momentum * v - ((1 - momentum) * dw if averaged else dw)",
            "the learning rate is left out",
        ),
        LayerMistake(
            "rate_at_velocity",
            _VELOCITY,
            "v = learning_rate * (momentum * v - ((1 - momentum) * dw if averaged else dw))",
            "the learning rate multiplies the old velocity too, in every step",
        ),
        LayerMistake(
            "velocity_not_kept",
            _VELOCITY,
            "v = 0.0 * w - learning_rate * ((1 - momentum) * dw if averaged else dw)",
            "the velocity is not kept from step to step",
        ),
        LayerMistake(
            "momentum_missing",
            _VELOCITY,
            "v = v - learning_rate * ((1 - momentum) * dw if averaged else dw)",
            "the old velocity is not multiplied by the momentum",
        ),
        LayerMistake(
            "velocity_negative",
            _VELOCITY,
            "v = -momentum * v - learning_rate * ((1 - momentum) * dw if averaged else dw)",
            "the old velocity has the wrong sign",
        ),
        LayerMistake(
            "velocity_late",
            f"{_VELOCITY}\n        w = w + v",
            "w, v = w + v, momentum * v - learning_rate * ((1 - momentum) * dw if averaged else dw)",
            "the old velocity is added, before it is updated",
        ),
    ),
)
