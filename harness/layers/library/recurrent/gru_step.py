"""One step of a GRU: gates r, z, n in this order in the columns of the weights.

r, z = σ(x Wx + h Wh + b) in their columns; n = tanh(x Wxn + (r h) Whn + bn); h' = (1 − z) n + z h. There are other
conventions: r may multiply h Whn in place of h; with `swapped`, h' = z n + (1 − z) h.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import sigmoid


def forward(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any, swapped: bool) -> Any:
    k = prev_h.shape[1]
    r = sigmoid(x @ Wx[:, :k] + prev_h @ Wh[:, :k] + b[:k])
    z = sigmoid(x @ Wx[:, k : 2 * k] + prev_h @ Wh[:, k : 2 * k] + b[k : 2 * k])
    n = np.tanh(x @ Wx[:, 2 * k :] + (r * prev_h) @ Wh[:, 2 * k :] + b[2 * k :])
    kept = 1 - z if swapped else z
    return (1 - kept) * n + kept * prev_h


def backward(dnext_h: Any, x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any, swapped: bool) -> Any:
    k = prev_h.shape[1]
    Wh_r, Wh_z, Wh_n = Wh[:, :k], Wh[:, k : 2 * k], Wh[:, 2 * k :]
    r = sigmoid(x @ Wx[:, :k] + prev_h @ Wh_r + b[:k])
    z = sigmoid(x @ Wx[:, k : 2 * k] + prev_h @ Wh_z + b[k : 2 * k])
    n = np.tanh(x @ Wx[:, 2 * k :] + (r * prev_h) @ Wh_n + b[2 * k :])
    kept = 1 - z if swapped else z
    dn = dnext_h * (1 - kept) * (1 - n**2)
    dkept = dnext_h * (prev_h - n)
    dz = (-dkept if swapped else dkept) * z * (1 - z)
    dreset = dn @ Wh_n.T
    dr = dreset * prev_h * r * (1 - r)
    dprev_h = dnext_h * kept + dreset * r + dz @ Wh_z.T + dr @ Wh_r.T
    da = np.concatenate([dr, dz, dn], axis=1)
    dWh = np.concatenate([prev_h.T @ dr, prev_h.T @ dz, (r * prev_h).T @ dn], axis=1)
    return da @ Wx.T, dprev_h, x.T @ da, dWh, da.sum(axis=0)


LAYER = Definition(
    "GRU step",
    ("grustep", "grucell"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("xt", "x_t", "input")),
        "prev_h": Argument("N H", names=("h_prev", "hprev", "h")),
        "Wx": Argument("D 3H", names=("W_x", "Wxh", "W_xh"), scale=0.7),
        "Wh": Argument("H 3H", names=("W_h", "Whh", "W_hh"), scale=0.7),
        "b": Argument("3H", names=("bias",)),
    },
    {
        "widths differ": {"N": 3, "D": 5, "H": 4, "3H": 12},
        "one row": {"N": 1, "D": 2, "H": 3, "3H": 9},
        "one unit": {"N": 4, "D": 3, "H": 1, "3H": 3},
    },
    "Cho et al., EMNLP 2014",
    results=("next_h",),
    options={"swapped": False},
    has_many_forms=True,
    conventions={"h' = z n + (1 − z) h": {"swapped": True}},
    mistakes=(
        LayerMistake(
            "direct_part_missing",
            "dprev_h = dnext_h * kept + dreset * r",
            "dprev_h = dreset * r",
            "what passes straight through z is left out",
        ),
        LayerMistake(
            "through_gates_missing",
            "+ dreset * r + dz @ Wh_z.T + dr @ Wh_r.T",
            "+ dreset * r",
            "what passes through the gates r and z is left out",
        ),
        LayerMistake(
            "reset_missing_in_state",
            "dnext_h * kept + dreset * r",
            "dnext_h * kept + dreset",
            "the gate r is left out of what passes through n",
        ),
        LayerMistake(
            "reset_missing_in_weights", "(r * prev_h).T @ dn", "prev_h.T @ dn", "the gate r is left out of dWh"
        ),
        LayerMistake(
            "update_reversed",
            "dn = dnext_h * (1 - kept)",
            "dn = dnext_h * kept",
            "z and 1 − z are mixed up in n",
        ),
        LayerMistake("sign_of_update", "(prev_h - n)", "(n - prev_h)", "the derivative of gate z has the wrong sign"),
        LayerMistake("sigma_for_slope_z", "z * (1 - z)\n", "z\n", "σ stands in place of its slope σ(1 − σ) in gate z"),
        LayerMistake("sigma_for_slope_r", "r * (1 - r)\n", "r\n", "σ stands in place of its slope σ(1 − σ) in gate r"),
        LayerMistake(
            "not_transposed", "dreset = dn @ Wh_n.T", "dreset = dn @ Wh_n", "the part of Wh for n is not transposed"
        ),
        LayerMistake(
            "gates_swapped",
            "da = np.concatenate([dr, dz, dn], axis=1)",
            "da = np.concatenate([dz, dr, dn], axis=1)",
            "the derivatives of gates r and z are swapped",
        ),
    ),
)
