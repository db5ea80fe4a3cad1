"""One step of an LSTM: gates i, f, o, g in this order in the columns of the weights.

a = x Wx + h Wh + b; i, f, o = σ of the first three quarters of a, g = tanh of the last; c' = f c + i g; h' = o tanh c'.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import sigmoid


def forward(x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    n = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, :n])
    f = sigmoid(a[:, n : 2 * n])
    o = sigmoid(a[:, 2 * n : 3 * n])
    g = np.tanh(a[:, 3 * n :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    return o * tanh_c, next_c


def backward(dnext_h: Any, dnext_c: Any, x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    n = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o, g = sigmoid(a[:, :n]), sigmoid(a[:, n : 2 * n]), sigmoid(a[:, 2 * n : 3 * n]), np.tanh(a[:, 3 * n :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    slope_i, slope_f, slope_o = i * (1 - i), f * (1 - f), o * (1 - o)
    slope_g = 1 - g**2
    di, df = dc * g * slope_i, dc * prev_c * slope_f
    do = dnext_h * tanh_c * slope_o
    dg = dc * i * slope_g
    da = np.concatenate([di, df, do, dg], axis=1)
    dprev_c = dc * f
    return da @ Wx.T, da @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def reference(torch: Any, x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any) -> Any:
    def in_order(gates: Any) -> Any:  # PyTorch has i, f, g, o
        i, f, o, g = gates.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    cell = torch.nn.LSTMCell(x.shape[1], prev_h.shape[1], dtype=x.dtype)
    weights = {"weight_ih": in_order(Wx).T, "weight_hh": in_order(Wh).T, "bias_ih": in_order(b)}
    return torch.func.functional_call(cell, weights | {"bias_hh": torch.zeros_like(b)}, (x, (prev_h, prev_c)))


_CELL_DC = "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)"
_CELL_DA = "da = np.concatenate([di, df, do, dg], axis=1)"
_CELL_SLOPES = "slope_i, slope_f, slope_o = i * (1 - i), f * (1 - f), o * (1 - o)"

LAYER = Definition(
    "LSTM step",
    ("lstmstep", "lstmcell"),
    forward,
    backward,
    {
        "x": Argument("N D", names=("xt", "x_t", "input")),
        "prev_h": Argument("N H", names=("h_prev", "hprev", "h", "a_prev")),
        "prev_c": Argument("N H", names=("c_prev", "cprev", "c")),
        "Wx": Argument("D 4H", names=("W_x", "Wxh", "W_xh"), scale=0.7),
        "Wh": Argument("H 4H", names=("W_h", "Whh", "W_hh"), scale=0.7),
        "b": Argument("4H", names=("bias",)),
    },
    {
        "widths differ": {"N": 3, "D": 5, "H": 4, "4H": 16},
        "one row": {"N": 1, "D": 2, "H": 3, "4H": 12},
        "one unit": {"N": 4, "D": 3, "H": 1, "4H": 4},
    },
    "Gers, Schmidhuber and Cummins, Neural Computation 12, 2000",
    results=("next_h", "next_c"),
    reference=reference,
    mistakes=(
        LayerMistake(
            "square_of_the_difference",
            _CELL_DC,
            "dc = dnext_c + dnext_h * o * (1 - tanh_c) ** 2",
            "(1 − tanh c')² stands in place of 1 − tanh²c'",
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
            "sigma_for_slope",
            _CELL_SLOPES,
            "slope_i, slope_f, slope_o = i, f, o",
            "σ stands in place of its slope σ(1 − σ)",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        *(
            LayerMistake(
                f"sigma_for_slope_{gate}",
                f"{gate} * (1 - {gate})",
                gate,
                f"σ stands in place of its slope σ(1 − σ) in gate {gate}",
            )
            for gate in "ifo"
        ),
        LayerMistake(
            "sigma_twice",
            _CELL_SLOPES,
            "slope_i, slope_f, slope_o = (sigmoid(gate) * (1 - sigmoid(gate)) for gate in (i, f, o))",
            "σ is applied to the gates once more on the way back",
        ),
        LayerMistake(
            "cell_not_carried",
            _CELL_DC,
            "dc = dnext_h * o * (1 - tanh_c**2)",
            "dnext_c is left out",
            "https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1",
        ),
        LayerMistake(
            "slope_at_h",
            _CELL_DC,
            "dc = dnext_c + dnext_h * o * (1 - (o * tanh_c) ** 2)",
            "1 − h'² stands in place of 1 − tanh²c'",
        ),
        LayerMistake(
            "slope_at_c",
            _CELL_DC,
            "dc = dnext_c + dnext_h * o * (1 - next_c**2)",
            "1 − c'² stands in place of 1 − tanh²c'",
        ),
        LayerMistake(
            "output_gate_missing", _CELL_DC, "dc = dnext_c + dnext_h * (1 - tanh_c**2)", "the gate o is left out of dc"
        ),
        LayerMistake(
            "slope_of_both",
            _CELL_DC,
            "dc = (dnext_c + dnext_h * o) * (1 - tanh_c**2)",
            "dnext_c, too, is multiplied by the slope of tanh",
        ),
        LayerMistake(
            "direct_part_only", "dprev_c = dc * f", "dprev_c = dnext_c * f", "what comes from dnext_h is left out"
        ),
        LayerMistake("previous_gate", "dprev_c = dc * f", "dprev_c = dc * i", "the gate i stands in place of f"),
        LayerMistake("forget_missing", "dprev_c = dc * f", "dprev_c = dc", "the gate f is left out"),
        LayerMistake(
            "state_not_squashed",
            "do = dnext_h * tanh_c * slope_o",
            "do = dnext_h * next_c * slope_o",
            "c' stands in place of tanh c' in gate o",
        ),
        LayerMistake(
            "next_cell", "dc * prev_c * slope_f", "dc * next_c * slope_f", "c' stands in place of c in gate f"
        ),
        LayerMistake(
            "sigmoid_slope_g", "slope_g = 1 - g**2", "slope_g = g * (1 - g)", "g(1 − g) is the slope of σ, not of tanh"
        ),
        LayerMistake("not_squared_g", "slope_g = 1 - g**2", "slope_g = 1 - g", "1 − g stands in place of 1 − g²"),
        LayerMistake(
            "forget_for_input",
            _CELL_DA,
            _CELL_DA.replace("di, df", "df, df"),
            "the derivative of gate f stands in that of gate i",
        ),
        LayerMistake(
            "input_for_forget",
            _CELL_DA,
            _CELL_DA.replace("di, df", "di, di"),
            "the derivative of gate i stands in that of gate f",
        ),
        LayerMistake(
            "forget_and_input_swapped",
            _CELL_DA,
            _CELL_DA.replace("di, df", "df, di"),
            "the derivatives of gates i and f are swapped",
        ),
        LayerMistake(
            "output_and_candidate_swapped",
            _CELL_DA,
            _CELL_DA.replace("do, dg", "dg, do"),
            "the derivatives of gates o and g are swapped",
        ),
        LayerMistake(
            "forget_and_output_swapped",
            _CELL_DA,
            _CELL_DA.replace("df, do", "do, df"),
            "the derivatives of gates f and o are swapped",
        ),
    ),
)
