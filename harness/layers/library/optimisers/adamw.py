"""AdamW: the step of Adam, and beside it learning_rate · weight_decay · w, which is not part of the gradient."""

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
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
    scaled: bool,
) -> Any:
    m, v, found = 0.0 * w, 0.0 * w, []
    for t, dw in enumerate((dw1, dw2, dw3, dw4), start=1):
        gradient = dw
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient * gradient
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        decay = (learning_rate if scaled else 1.0) * weight_decay * w
        w = w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon) - decay
        found.append(w)
    return tuple(found)


_ADAMW_HATS = "m_hat = m / (1 - beta1**t)\n        v_hat = v / (1 - beta2**t)"
_ADAMW_STEP = "w = w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon) - decay"
_ADAMW_BODY = f"""gradient = dw
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient * gradient
        {_ADAMW_HATS}
        decay = (learning_rate if scaled else 1.0) * weight_decay * w
        {_ADAMW_STEP}"""

LAYER = Definition(
    "adamw",
    ("adamw",),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {
        "matrix": {"N": 4, "D": 3, "learning_rate": 0.07, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.2},
        "row, large epsilon": {
            "N": 1,
            "D": 5,
            "learning_rate": 0.3,
            "beta1": 0.7,
            "beta2": 0.9,
            "epsilon": 0.1,
            "weight_decay": 0.05,
        },
    },
    "Loshchilov and Hutter, ICLR 2019",
    results=("w1", "w2", "w3", "w4"),
    options={
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
        "weight_decay": 0.01,
        "scaled": True,
    },
    dictionaries={
        "config": {
            "learning_rate": "learning_rate",
            "beta1": "beta1",
            "beta2": "beta2",
            "epsilon": "epsilon",
            "weight_decay": "weight_decay",
        },
    },
    kind="optimiser",
    conventions={"weight_decay · w is subtracted, without the learning rate": {"scaled": False}},
    mistakes=(
        LayerMistake(
            "in_gradient",
            _ADAMW_BODY,
            _ADAMW_BODY.replace("gradient = dw", "gradient = dw + weight_decay * w").removesuffix(" - decay"),
            "weight_decay · w is part of the gradient, as in Adam with L2, not beside its step",
        ),
        LayerMistake("decay_missing", _ADAMW_STEP, _ADAMW_STEP.removesuffix(" - decay"), "the weight decay is missing"),
        LayerMistake(
            "decay_sign",
            _ADAMW_STEP,
            _ADAMW_STEP.replace("- decay", "+ decay"),
            "the weight decay has the wrong sign",
            "https://github.com/andersbll/nnet/issues/4",
        ),
        LayerMistake(
            "power_missing",
            _ADAMW_HATS,
            "m_hat = m / (1 - beta1)\n        v_hat = v / (1 - beta2)",
            "the bias correction lacks the power t, or t is not kept from step to step",
            "https://github.com/eriklindernoren/ML-From-Scratch/issues/35",
        ),
    ),
)
