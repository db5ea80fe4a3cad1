"""A GRU over a sequence x[N, T, D]; all of h_1 … h_T are returned. Gates r, z, n in the columns of the weights.

r, z = σ(x_t Wx + h Wh + b) in their columns; n = tanh(x_t Wxn + (r h) Whn + bn); h_t = (1 − z) n + z h, or
with `swapped` z n + (1 − z) h.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import sigmoid


def forward(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, swapped: bool) -> Any:
    k, h = h0.shape[1], h0
    states = []
    for t in range(x.shape[1]):
        a = x[:, t] @ Wx + b
        r = sigmoid(a[:, :k] + h @ Wh[:, :k])
        z = sigmoid(a[:, k : 2 * k] + h @ Wh[:, k : 2 * k])
        n = np.tanh(a[:, 2 * k :] + (r * h) @ Wh[:, 2 * k :])
        kept = 1 - z if swapped else z
        h = (1 - kept) * n + kept * h
        states.append(h)
    return np.stack(states, axis=1)


def backward(dh: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, swapped: bool) -> Any:
    k, steps = h0.shape[1], x.shape[1]
    Wh_r, Wh_z, Wh_n = Wh[:, :k], Wh[:, k : 2 * k], Wh[:, 2 * k :]
    states, gates = [h0], []
    for t in range(steps):
        a, h = x[:, t] @ Wx + b, states[t]
        r, z = sigmoid(a[:, :k] + h @ Wh_r), sigmoid(a[:, k : 2 * k] + h @ Wh_z)
        n = np.tanh(a[:, 2 * k :] + (r * h) @ Wh_n)
        kept = 1 - z if swapped else z
        gates.append((r, z, n, kept))
        states.append((1 - kept) * n + kept * h)
    dx, dWx, dWh, db = [0] * steps, 0, 0, 0
    carried = np.zeros(h0.shape)
    for t in reversed(range(steps)):
        (r, z, n, kept), h = gates[t], states[t]
        dh_t = dh[:, t] + carried
        dn = dh_t * (1 - kept) * (1 - n**2)
        dkept = dh_t * (h - n)
        dz = (-dkept if swapped else dkept) * z * (1 - z)
        dreset = dn @ Wh_n.T
        dr = dreset * h * r * (1 - r)
        carried = dh_t * kept + dreset * r + dz @ Wh_z.T + dr @ Wh_r.T
        da = np.concatenate([dr, dz, dn], axis=1)
        dx[t] = da @ Wx.T
        dWh_t: Any = np.concatenate([h.T @ dr, h.T @ dz, (r * h).T @ dn], axis=1)
        dWx, dWh, db = dWx + x[:, t].T @ da, dWh + dWh_t, db + da.sum(axis=0)
    return np.stack(dx, axis=1), carried, dWx, dWh, db


LAYER = Definition(
    "GRU",
    ("gru", "grulayer"),
    forward,
    backward,
    {
        "x": Argument("N T D", names=("xs", "inputs", "X")),
        "h0": Argument("N H", names=("h_0", "h_init", "prev_h")),
        "Wx": Argument("D 3H", names=("W_x", "Wxh", "W_xh"), scale=0.7),
        "Wh": Argument("H 3H", names=("W_h", "Whh", "W_hh"), scale=0.7),
        "b": Argument("3H", names=("bias",)),
    },
    {
        "four steps": {"N": 2, "T": 4, "D": 3, "H": 2, "3H": 6},
        "three steps, one row": {"N": 1, "T": 3, "D": 2, "H": 3, "3H": 9},
        "one step": {"N": 3, "T": 1, "D": 4, "H": 2, "3H": 6},
    },
    "Cho et al., EMNLP 2014",
    step="GRU step",
    results=("h",),
    options={"swapped": False},
    has_many_forms=True,
    conventions={"h_t = z n + (1 − z) h": {"swapped": True}},
    mistakes=(
        LayerMistake(
            "not_carried",
            "dh_t = dh[:, t] + carried",
            "dh_t = dh[:, t]",
            "what comes from the next step is not carried on",
        ),
        LayerMistake(
            "direct_part_missing",
            "carried = dh_t * kept + dreset * r",
            "carried = dreset * r",
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
            "dh_t * kept + dreset * r",
            "dh_t * kept + dreset",
            "the gate r is left out of what passes through n",
        ),
        LayerMistake("reset_missing_in_weights", "(r * h).T @ dn", "h.T @ dn", "the gate r is left out of dWh"),
        LayerMistake("sign_of_update", "(h - n)", "(n - h)", "the derivative of gate z has the wrong sign"),
        LayerMistake(
            "first_step_only",
            "dWx, dWh, db = dWx + x[:, t].T @ da, dWh + dWh_t, db + da.sum(axis=0)",
            "dWx, dWh, db = x[:, t].T @ da, dWh_t, da.sum(axis=0)",
            "only one step is kept, not the sum over the steps (= in place of +=)",
        ),
        LayerMistake(
            "forward_in_time",
            "for t in reversed(range(steps)):",
            "for t in range(steps):",
            "the steps are taken from the first to the last on the way back",
        ),
    ),
)
