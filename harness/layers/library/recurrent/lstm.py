"""An LSTM over a sequence x[N, T, D], from c = 0; all of h_1 … h_T are returned. The gates are in the order i, f, o, g.

a = x_t Wx + h Wh + b; i, f, o = σ of the first three quarters of a, g = tanh of the last; c = f c + i g; h = o tanh c.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import sigmoid


def forward(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    n = h0.shape[1]
    h, c = h0, np.zeros(h0.shape)
    states = []
    for t in range(x.shape[1]):
        a = x[:, t] @ Wx + h @ Wh + b
        i = sigmoid(a[:, :n])
        f = sigmoid(a[:, n : 2 * n])
        o = sigmoid(a[:, 2 * n : 3 * n])
        g = np.tanh(a[:, 3 * n :])
        c = f * c + i * g
        tanh_c = np.tanh(c)
        h = o * tanh_c
        states.append(h)
    return np.stack(states, axis=1)


def backward(dh: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    n, steps = h0.shape[1], x.shape[1]
    states, cells, gates = [h0], [np.zeros(h0.shape)], []
    for t in range(steps):
        a = x[:, t] @ Wx + states[t] @ Wh + b
        i, f, o, g = sigmoid(a[:, :n]), sigmoid(a[:, n : 2 * n]), sigmoid(a[:, 2 * n : 3 * n]), np.tanh(a[:, 3 * n :])
        cells.append(f * cells[t] + i * g)
        states.append(o * np.tanh(cells[t + 1]))
        gates.append((i, f, o, g))
    dx, dWx, dWh, db = [0] * steps, 0, 0, 0
    dh_next, dc_next = np.zeros(h0.shape), np.zeros(h0.shape)
    for t in reversed(range(steps)):
        i, f, o, g = gates[t]
        before, c_before, tanh_c = states[t], cells[t], np.tanh(cells[t + 1])
        dh_t = dh[:, t] + dh_next
        dc = dc_next + dh_t * o * (1 - tanh_c**2)
        slope_i, slope_f, slope_o = i * (1 - i), f * (1 - f), o * (1 - o)
        di, df = dc * g * slope_i, dc * c_before * slope_f
        do = dh_t * tanh_c * slope_o
        dg = dc * i * (1 - g**2)
        da = np.concatenate([di, df, do, dg], axis=1)
        dx[t] = da @ Wx.T
        dh_next = da @ Wh.T
        dc_next = dc * f
        dWx, dWh, db = dWx + x[:, t].T @ da, dWh + before.T @ da, db + da.sum(axis=0)
    return np.stack(dx, axis=1), dh_next, dWx, dWh, db


def reference(torch: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    def in_order(gates: Any) -> Any:  # PyTorch has i, f, g, o
        i, f, o, g = gates.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    network = torch.nn.LSTM(x.shape[2], h0.shape[1], batch_first=True, dtype=x.dtype)
    weights = {"weight_ih_l0": in_order(Wx).T, "weight_hh_l0": in_order(Wh).T, "bias_ih_l0": in_order(b)}
    weights["bias_hh_l0"] = torch.zeros_like(b)
    start = (h0[None], torch.zeros_like(h0)[None])
    return torch.func.functional_call(network, weights, (x, start))[0]


_LSTM_SLOPES = "slope_i, slope_f, slope_o = i * (1 - i), f * (1 - f), o * (1 - o)"
_LSTM_DC = "dc = dc_next + dh_t * o * (1 - tanh_c**2)"
_LSTM_DA = "da = np.concatenate([di, df, do, dg], axis=1)"
_LSTM_SUMS = "dWx, dWh, db = dWx + x[:, t].T @ da, dWh + before.T @ da, db + da.sum(axis=0)"

LAYER = Definition(
    "LSTM",
    ("lstm", "lstmlayer"),
    forward,
    backward,
    {
        "x": Argument("N T D", names=("xs", "inputs", "X")),
        "h0": Argument("N H", names=("h_0", "h_init", "prev_h", "a0", "h")),
        "Wx": Argument("D 4H", names=("W_x", "Wxh", "W_xh"), scale=0.7),
        "Wh": Argument("H 4H", names=("W_h", "Whh", "W_hh"), scale=0.7),
        "b": Argument("4H", names=("bias",)),
    },
    {
        "four steps": {"N": 2, "T": 4, "D": 3, "H": 2, "4H": 8},
        "three steps, one row": {"N": 1, "T": 3, "D": 2, "H": 3, "4H": 12},
        "one step": {"N": 3, "T": 1, "D": 4, "H": 2, "4H": 8},
        "five steps, one unit": {"N": 2, "T": 5, "D": 2, "H": 1, "4H": 4},
    },
    "Gers, Schmidhuber and Cummins, Neural Computation 12, 2000",
    step="LSTM step",
    results=("h",),
    reference=reference,
    mistakes=(
        LayerMistake(
            "square_of_the_difference",
            _LSTM_DC,
            "dc = dc_next + dh_t * o * (1 - tanh_c) ** 2",
            "(1 − tanh c)² stands in place of 1 − tanh²c",
        ),
        *(
            LayerMistake(
                f"gate_squared_{gate}",
                f"{gate} * (1 - {gate})",
                f"{gate} * {gate} * (1 - {gate})",
                f"the gate {gate} is in its slope twice",
            )
            for gate in "ifo"
        ),
        LayerMistake(
            "state_not_carried",
            "dh_t = dh[:, t] + dh_next",
            "dh_t = dh[:, t]",
            "what comes from the next step through h is not carried on",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        LayerMistake(
            "cell_not_carried",
            _LSTM_DC,
            "dc = dh_t * o * (1 - tanh_c**2)",
            "what comes from the next step through c is not carried on",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        LayerMistake(
            "neither_carried",
            f"dh_t = dh[:, t] + dh_next\n        {_LSTM_DC}",
            "dh_t = dh[:, t]\n        dc = dh_t * o * (1 - tanh_c**2)",
            "what comes from the next step through h and c is not carried on",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        LayerMistake(
            "forget_missing", "dc_next = dc * f", "dc_next = dc", "the gate f is left out of what c carries on"
        ),
        LayerMistake(
            "direct_part_only",
            "dc_next = dc * f",
            "dc_next = dh_t * o * (1 - tanh_c**2) * f",
            "c carries on only what comes from h, not what comes from later steps",
        ),
        LayerMistake(
            "upstream_only_in_output_gate",
            _LSTM_DC,
            "dc = dc_next + dh[:, t] * o * (1 - tanh_c**2)",
            "what comes from the next step through h is left out of dc",
        ),
        LayerMistake(
            "sigma_for_slope",
            _LSTM_SLOPES,
            "slope_i, slope_f, slope_o = i, f, o",
            "σ stands in place of its slope σ(1 − σ)",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        *(
            LayerMistake(
                f"sigma_for_slope_of_{gate}",
                f"{gate} * (1 - {gate})",
                gate,
                f"σ stands in place of its slope σ(1 − σ) in gate {gate}",
            )
            for gate in "ifo"
        ),
        LayerMistake("not_squared_g", "dc * i * (1 - g**2)", "dc * i * (1 - g)", "1 − g stands in place of 1 − g²"),
        LayerMistake(
            "slope_at_h", _LSTM_DC, _LSTM_DC.replace("tanh_c", "states[t + 1]"), "1 − h² in place of 1 − tanh²c"
        ),
        LayerMistake(
            "slope_at_c", _LSTM_DC, _LSTM_DC.replace("tanh_c", "cells[t + 1]"), "1 − c² in place of 1 − tanh²c"
        ),
        LayerMistake(
            "cell_after",
            "before, c_before, tanh_c = states[t], cells[t]",
            "before, c_before, tanh_c = states[t], cells[t + 1]",
            "c_t stands in place of c_(t−1) in gate f",
        ),
        LayerMistake(
            "state_after",
            "before, c_before, tanh_c = states[t], cells[t]",
            "before, c_before, tanh_c = states[t + 1], cells[t]",
            "h_t stands in place of h_(t−1)",
        ),
        LayerMistake(
            "forget_for_input",
            _LSTM_DA,
            _LSTM_DA.replace("di, df", "df, df"),
            "the derivative of gate f stands in that of gate i",
        ),
        LayerMistake(
            "forget_and_input_swapped",
            _LSTM_DA,
            _LSTM_DA.replace("di, df", "df, di"),
            "the derivatives of gates i and f are swapped",
        ),
        LayerMistake(
            "output_and_candidate_swapped",
            _LSTM_DA,
            _LSTM_DA.replace("do, dg", "dg, do"),
            "the derivatives of gates o and g are swapped",
        ),
        LayerMistake(
            "first_step_only",
            _LSTM_SUMS,
            "dWx, dWh, db = x[:, t].T @ da, before.T @ da, da.sum(axis=0)",
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
