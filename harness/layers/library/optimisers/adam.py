"""Adam: averages m of dw and v of dw², corrected for their start at 0; w − learning_rate · m̂ / (√v̂ + epsilon)."""

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
    hat: bool,
) -> Any:
    m, v, found = 0.0 * w, 0.0 * w, []
    for t, dw in enumerate((dw1, dw2, dw3, dw4), start=1):
        m = beta1 * m + (1 - beta1) * dw
        v = beta2 * v + (1 - beta2) * dw * dw
        m_hat = m / (1 - beta1**t)
        v_hat = v / (1 - beta2**t)
        extra = epsilon / np.sqrt(1 - beta2**t) if hat else epsilon
        w = w - learning_rate * m_hat / (np.sqrt(v_hat) + extra)
        found.append(w)
    return tuple(found)


_FIRST_MOMENT = "m = beta1 * m + (1 - beta1) * dw"
_SECOND_MOMENT = "v = beta2 * v + (1 - beta2) * dw * dw"
_CORRECTED = "m_hat = m / (1 - beta1**t)\n        v_hat = v / (1 - beta2**t)"
_ADAM_STEP = "w = w - learning_rate * m_hat / (np.sqrt(v_hat) + extra)"

LAYER = Definition(
    "adam",
    ("adam",),
    forward,
    None,
    {
        "w": Argument("N D", names=("params", "param"), differentiable=False),
        **{f"dw{n}": Argument("N D", differentiable=False) for n in range(1, 5)},
    },
    {
        "matrix": {"N": 4, "D": 3, "learning_rate": 0.07, "beta1": 0.8, "beta2": 0.95},
        "row, large epsilon": {
            "N": 1,
            "D": 5,
            "learning_rate": 0.3,
            "beta1": 0.7,
            "beta2": 0.9,
            "epsilon": 0.1,
        },
    },
    "Kingma and Ba, ICLR 2015",
    results=("w1", "w2", "w3", "w4"),
    options={"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "hat": False},
    dictionaries={
        "config": {"learning_rate": "learning_rate", "beta1": "beta1", "beta2": "beta2", "epsilon": "epsilon"},
    },
    kind="optimiser",
    conventions={"epsilon is added to √v before the correction (the paper's epsilon hat)": {"hat": True}},
    mistakes=(
        LayerMistake(
            "corrected_m_kept",
            "m_hat = m / (1 - beta1**t)",
            "m_hat = m = m / (1 - beta1**t)",
            "the corrected m is kept for the next step",
        ),
        LayerMistake(
            "power_missing",
            _CORRECTED,
            "m_hat = m / (1 - beta1)\n        v_hat = v / (1 - beta2)",
            "the bias correction lacks the power t, or t is not kept from step to step",
            "https://github.com/eriklindernoren/ML-From-Scratch/issues/35",
        ),
        LayerMistake(
            "correction_of_the_complement",
            _CORRECTED,
            "m_hat = m / (1 - (1 - beta1) ** t)\n        v_hat = v / (1 - (1 - beta2) ** t)",
            "the bias correction has 1 − β in place of β: 1 − (1 − β)^t",
        ),
        LayerMistake(
            "correction_missing", _CORRECTED, "m_hat = m\n        v_hat = v", "the bias correction is missing"
        ),
        LayerMistake(
            "correction_of_m_only", "v_hat = v / (1 - beta2**t)", "v_hat = v", "the bias correction of v is missing"
        ),
        LayerMistake(
            "correction_of_v_only", "m_hat = m / (1 - beta1**t)", "m_hat = m", "the bias correction of m is missing"
        ),
        LayerMistake(
            "t_too_large",
            _CORRECTED,
            "m_hat = m / (1 - beta1 ** (t + 1))\n        v_hat = v / (1 - beta2 ** (t + 1))",
            "t is one too large in the bias correction",
        ),
        LayerMistake(
            "corrected_kept",
            f"{_CORRECTED}\n",
            "m = m_hat = m / (1 - beta1**t)\n        v = v_hat = v / (1 - beta2**t)\n",
            "the corrected averages are kept in place of the averages",
        ),
        LayerMistake(
            "betas_swapped",
            f"{_FIRST_MOMENT}\n        {_SECOND_MOMENT}\n        {_CORRECTED}",
            "m = beta2 * m + (1 - beta2) * dw\n        v = beta1 * v + (1 - beta1) * dw * dw\n"
            "        m_hat = m / (1 - beta2**t)\n        v_hat = v / (1 - beta1**t)",
            "beta1 and beta2 are swapped",
        ),
        LayerMistake(
            "beta1_for_v",
            "v = beta2 * v + (1 - beta2) * dw * dw",
            "v = beta1 * v + (1 - beta1) * dw * dw",
            "beta1 stands in place of beta2 in v",
        ),
        LayerMistake(
            "beta1_for_correction",
            "v_hat = v / (1 - beta2**t)",
            "v_hat = v / (1 - beta1**t)",
            "the bias correction of v has beta1 in place of beta2",
        ),
        LayerMistake(
            "moments_swapped",
            _ADAM_STEP,
            "w = w - learning_rate * v_hat / (np.sqrt(np.sqrt(m_hat * m_hat)) + extra)",
            "m and v are swapped in the step",
        ),
        LayerMistake(
            "square_missing", _SECOND_MOMENT, "v = beta2 * v + (1 - beta2) * np.sqrt(dw * dw)", "dw is not squared in v"
        ),
        LayerMistake("rate_of_m_missing", _FIRST_MOMENT, "m = beta1 * m + dw", "dw lacks its factor 1 − beta1 in m"),
        LayerMistake(
            "epsilon_inside",
            _ADAM_STEP,
            "w = w - learning_rate * m_hat / np.sqrt(v_hat + extra)",
            "epsilon is inside the root",
        ),
        LayerMistake(
            "root_missing", _ADAM_STEP, "w = w - learning_rate * m_hat / (v_hat + extra)", "the root of v is not taken"
        ),
        LayerMistake(
            "sign",
            _ADAM_STEP,
            "w = w + learning_rate * m_hat / (np.sqrt(v_hat) + extra)",
            "the step goes up the gradient",
        ),
    ),
)
