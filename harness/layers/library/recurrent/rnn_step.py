"""One step of a recurrent network: h' = tanh(x Wx + h Wh + b)."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    return np.tanh(x @ Wx + prev_h @ Wh + b)


def backward(dnext_h: Any, x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    da = dnext_h * (1 - next_h**2)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def reference(torch: Any, x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    cell = torch.nn.RNNCell(x.shape[1], prev_h.shape[1], dtype=x.dtype)
    weights = {"weight_ih": Wx.T, "weight_hh": Wh.T, "bias_ih": b, "bias_hh": torch.zeros_like(b)}
    return torch.func.functional_call(cell, weights, (x, prev_h))


LAYER = Definition(
    "RNN step",
    ("rnnstep", "rnncell"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("xt", "x_t", "input")),
        "prev_h": Argument("N H", names=("h_prev", "hprev", "h", "a_prev")),
        "Wx": Argument("D H", names=("W_x", "Wxh", "W_xh", "U"), scale=0.6),
        "Wh": Argument("H H", names=("W_h", "Whh", "W_hh", "W"), scale=0.6),
        "b": Argument("H", names=("bh", "b_h", "bias")),
    },
    {
        "widths differ": {"N": 3, "D": 5, "H": 4},
        "one row": {"N": 1, "D": 3, "H": 6},
        "one unit": {"N": 4, "D": 2, "H": 1},
    },
    "Elman, Cognitive Science 14, 1990",
    results=("next_h",),
    reference=reference,
    mistakes=(
        LayerMistake(
            "hidden_not_transposed",
            "dprev_h = da @ Wh.T",
            "dprev_h = da @ Wh",
            "Wh is not transposed",
            "https://datascience.stackexchange.com/questions/10545",
        ),
        LayerMistake("not_squared", "1 - next_h**2", "1 - next_h", "1 − h stands in place of 1 − h²"),
        LayerMistake(
            "tanh_twice",
            "1 - next_h**2",
            "1 - np.tanh(next_h) ** 2",
            "the slope of tanh is taken at h in place of the weighted input",
        ),
        LayerMistake(
            "sigmoid_slope", "1 - next_h**2", "next_h * (1 - next_h)", "h(1 − h) is the slope of σ, not of tanh"
        ),
        LayerMistake("value_for_slope", "1 - next_h**2", "next_h", "tanh stands in place of its slope"),
    ),
)
