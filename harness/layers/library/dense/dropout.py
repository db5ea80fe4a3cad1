"""Dropout: entries are kept at random and divided by the probability to keep them; in test mode all are, undivided.

The mask, and whether p is the probability to keep an entry or to drop it, are read off what a file computes: its
gradient is compared with that for its own mask.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.model.contract import Array

_SIGMAS = 6.0  # a share of kept entries farther from p is not due to chance


def forward(x: Any, mask: Any, keep: Any, p: float, mode: str, scaled: bool) -> Any:
    if mode == "test":
        return x if scaled else x * keep
    return x * mask / keep if scaled else x * mask


def backward(dout: Any, x: Any, mask: Any, keep: Any, p: float, mode: str, scaled: bool) -> Any:
    if mode == "test":
        return (dout if scaled else dout * keep,)
    dx = dout * mask / keep if scaled else dout * mask
    return (dx,)


def observe(arguments: Mapping[str, Array], options: Mapping[str, Any], values: Mapping[str, Array]) -> dict[str, Any]:
    """The mask, and the probability to keep an entry: p or 1 − p, whichever is nearer to the share that is kept."""
    x, out, p = arguments["x"], values.get("out"), options["p"]
    if out is None or out.shape != x.shape:
        return {}
    mask = (out != 0).astype(np.float64)
    share = float((out / x).mean() if options["mode"] == "test" else mask.mean())
    keep = min(p, 1 - p, key=lambda one: abs(one - share))
    chance = _SIGMAS * np.sqrt(keep * (1 - keep) / x.size)
    return {"mask": mask, "keep": np.asarray(keep if abs(keep - share) <= chance else max(share, 1 / x.size))}


LAYER = Definition(
    "dropout",
    ("dropout",),
    forward,
    backward,
    {
        "x": Argument("N D", names=("input", "inputs", "X"), offset=0.5),
        "mask": Argument("N D", kind="mask", differentiable=False, observed=True),
        "keep": Argument("", kind="probability", differentiable=False, observed=True),
    },
    {
        "p is 0.3": {"N": 40, "D": 30, "p": 0.3},
        "p is 0.75": {"N": 25, "D": 40, "p": 0.75},
        "test mode": {"N": 5, "D": 4, "p": 0.3, "mode": "test"},
    },
    "Srivastava and others, JMLR 15, 2014",
    options={"p": 0.5, "mode": "train", "scaled": True},
    option_names={"p": ("prob", "rate", "ratio", "dropout_ratio", "drop_prob", "keep_prob", "p_drop", "p_dropout")},
    dictionaries={"dropout_param": {"mode": "mode", "p": "p", "seed": ("=", 123)}},
    observe=observe,
    conventions={"entries are scaled in test mode, not in training": {"scaled": False}},
    mistakes=(
        LayerMistake(
            "mask_missing",
            "dx = dout * mask / keep if scaled",
            "dx = dout / keep if scaled",
            "the mask is left out of dx",
            "https://github.com/ddbourgin/numpy-ml/issues/94",
        ),
        LayerMistake(
            "copied", "dx = dout * mask / keep if scaled", "dx = dout if scaled", "dout is passed on without the mask"
        ),
        LayerMistake(
            "scale_missing_in_dx",
            "dx = dout * mask / keep if scaled",
            "dx = dout * mask if scaled",
            "the division by the probability to keep is left out of dx",
        ),
        LayerMistake(
            "scale_twice",
            "dx = dout * mask / keep if scaled",
            "dx = dout * mask / keep / keep if scaled",
            "the division by the probability to keep is done twice",
        ),
        LayerMistake(
            "scale_of_dropping",
            "return x * mask / keep if scaled",
            "return x * mask / (1 - keep) if scaled",
            "it is divided by the probability to drop an entry, not by that to keep it",
        ),
        LayerMistake(
            "share",
            "return x * mask / keep if scaled",
            "return x * mask / p if scaled",
            "it is divided by p, but the share of the entries that are kept is neither p nor 1 − p",
        ),
        LayerMistake(
            "multiplied",
            "return x * mask / keep if scaled",
            "return x * mask * keep if scaled",
            "it is multiplied by the probability to keep, not divided",
        ),
        LayerMistake(
            "test_mode_scaled",
            "return x if scaled",
            "return x * keep if scaled",
            "in test mode the entries are multiplied by the probability to keep, which training has divided by",
        ),
    ),
)
