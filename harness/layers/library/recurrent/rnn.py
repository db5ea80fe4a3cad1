"""A recurrent network over a sequence x[N, T, D]: h_t = tanh(x_t Wx + h_(t−1) Wh + b), all of h_1 … h_T returned."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake


def forward(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    h = h0
    states = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        states.append(h)
    return np.stack(states, axis=1)


def backward(dh: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    steps = x.shape[1]
    states = [h0]
    for t in range(steps):
        states.append(np.tanh(x[:, t] @ Wx + states[t] @ Wh + b))
    dx, dWx, dWh, db = [0] * steps, 0, 0, 0
    carried = np.zeros(h0.shape)
    for t in reversed(range(steps)):
        before = states[t]
        slope = 1 - states[t + 1] ** 2
        da = (dh[:, t] + carried) * slope
        dx[t] = da @ Wx.T
        carried = da @ Wh.T
        dWx, dWh, db = dWx + x[:, t].T @ da, dWh + before.T @ da, db + da.sum(axis=0)
    dh0 = carried
    return np.stack(dx, axis=1), dh0, dWx, dWh, db


def reference(torch: Any, x: Any, h0: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    network = torch.nn.RNN(x.shape[2], h0.shape[1], batch_first=True, dtype=x.dtype)
    weights = {"weight_ih_l0": Wx.T, "weight_hh_l0": Wh.T, "bias_ih_l0": b, "bias_hh_l0": torch.zeros_like(b)}
    return torch.func.functional_call(network, weights, (x, h0[None]))[0]


_RNN_DA = "da = (dh[:, t] + carried) * slope"
_RNN_SUMS = "dWx, dWh, db = dWx + x[:, t].T @ da, dWh + before.T @ da, db + da.sum(axis=0)"

LAYER = Definition(
    "RNN",
    ("rnn", "rnnlayer", "vanillarnn", "simplernn"),
    forward,
    backward,
    {
        "x": Argument("N T D", names=("xs", "inputs", "X")),
        "h0": Argument("N H", names=("h_0", "h_init", "prev_h", "a0", "h")),
        "Wx": Argument("D H", names=("W_x", "Wxh", "W_xh", "U"), scale=0.6),
        "Wh": Argument("H H", names=("W_h", "Whh", "W_hh", "W"), scale=0.6),
        "b": Argument("H", names=("bh", "b_h", "bias")),
    },
    {
        "four steps": {"N": 2, "T": 4, "D": 3, "H": 5},
        "three steps, one row": {"N": 1, "T": 3, "D": 4, "H": 2},
        "one step": {"N": 3, "T": 1, "D": 2, "H": 4},
        "five steps, one unit": {"N": 4, "T": 5, "D": 2, "H": 1},
    },
    "Werbos, Proceedings of the IEEE 78, 1990",
    step="RNN step",
    results=("h",),
    reference=reference,
    mistakes=(
        LayerMistake(
            "not_carried",
            _RNN_DA,
            "da = dh[:, t] * slope",
            "what comes from the next step is not carried on",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        LayerMistake(
            "upstream_only_at_the_end",
            _RNN_DA,
            "da = ((dh[:, t] if t == steps - 1 else 0) + carried) * slope",
            "dh is used at the last step alone",
        ),
        LayerMistake(
            "hidden_not_transposed",
            "carried = da @ Wh.T",
            "carried = da @ Wh",
            "Wh is not transposed in what is carried on",
            "https://datascience.stackexchange.com/questions/10545",
        ),
        LayerMistake(
            "slope_only_of_the_upstream",
            _RNN_DA,
            "da = dh[:, t] * slope + carried",
            "what comes from the next step is not multiplied by the slope of tanh",
        ),
        LayerMistake(
            "slope_only_of_the_carried",
            _RNN_DA,
            "da = dh[:, t] + carried * slope",
            "dh is not multiplied by the slope of tanh",
        ),
        LayerMistake("not_squared", "1 - states[t + 1] ** 2", "1 - states[t + 1]", "1 − h stands in place of 1 − h²"),
        LayerMistake(
            "state_before",
            "1 - states[t + 1] ** 2",
            "1 - states[t] ** 2",
            "the slope of tanh is that of the step before",
        ),
        LayerMistake("state_after", "before = states[t]", "before = states[t + 1]", "h_t stands in place of h_(t−1)"),
        LayerMistake(
            "initial_state",
            "before = states[t]",
            "before = states[0]",
            "h0 stands in place of h_(t−1) at every step",
        ),
        LayerMistake(
            "first_step_only",
            _RNN_SUMS,
            "dWx, dWh, db = x[:, t].T @ da, before.T @ da, da.sum(axis=0)",
            "only one step is kept, not the sum over the steps (= in place of +=)",
        ),
        LayerMistake(
            "carried_accumulates",
            "carried = da @ Wh.T",
            "carried = carried + da @ Wh.T",
            "what is carried on is added up, where it is replaced at each step (+= in place of =)",
        ),
        LayerMistake(
            "forward_in_time",
            "for t in reversed(range(steps)):",
            "for t in range(steps):",
            "the steps are taken from the first to the last on the way back",
        ),
        LayerMistake(
            "mean_over_steps",
            _RNN_SUMS,
            "dWx, dWh, db = dWx + x[:, t].T @ da / steps, dWh + before.T @ da / steps, db + da.sum(axis=0) / steps",
            "it is divided by the number of steps",
        ),
    ),
)
