"""Right forms of the same mathematics, on many random cases: each is within the bounds, in float64 and in float32."""

import numpy as np
import pytest

from harness.layers.cases import draw, draw_resized
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.tracing.bounded import Bounded
from harness.layers.tracing.functions import ELEMENTARY
from harness.layers.verdicts.compare import ratios

LAYERS = known_layers()
SEEDS = range(8)
SIGMOIDS = {
    "by tanh": lambda x: (1 + np.tanh(x / 2)) / 2,
    "one minus": lambda x: 1 - 1 / (1 + np.exp(x)),
    "exponential above": lambda x: np.exp(x) / (1 + np.exp(x)),
    "by its logarithm": lambda x: np.exp(-np.log1p(np.exp(-x))),
}
TANHS = {
    "two exponentials": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "one exponential": lambda x: 2 / (1 + np.exp(-2 * x)) - 1,
    "sinh over cosh": lambda x: np.sinh(x) / np.cosh(x),
}


def sigmoid_passes(sigmoid):
    def passes(dout, x):
        out = sigmoid(x)
        return out, dout * (out - out * out)

    return passes


def tanh_passes(tanh):
    def passes(dout, x):
        out = tanh(x)
        return out, dout * (1 - out) * (1 + out)

    return passes


def silu_passes(sigmoid):
    def passes(dout, x, beta):
        beta = x.dtype.type(beta)
        s = sigmoid(beta * x)
        return x * s, dout * s * (1 + beta * x * (1 - s))

    return passes


def lstm_step_passes(sigmoid):
    def passes(dnext_h, dnext_c, x, prev_h, prev_c, Wx, Wh, b):
        n, weights = prev_h.shape[1], np.concatenate([Wx, Wh])
        joined = np.concatenate([x, prev_h], axis=1)
        z = joined @ weights + b
        i, f, o = (sigmoid(z[:, k * n : (k + 1) * n]) for k in range(3))
        g = np.tanh(z[:, 3 * n :])
        c = f * prev_c + i * g
        squashed = np.tanh(c)
        dc = dnext_c + dnext_h * o * (1 - squashed**2)
        parts = [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * squashed * o * (1 - o), dc * i * (1 - g**2)]
        dz = np.concatenate(parts, axis=1)
        back, dw = dz @ weights.T, joined.T @ dz
        width = x.shape[1]
        return o * squashed, c, back[:, :width], back[:, width:], dc * f, dw[:width], dw[width:], dz.sum(axis=0)

    return passes


def softmax_loss_of_probabilities(x, y, mean, added):
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    rows, n = np.arange(len(x)), len(x) if mean else 1
    return -np.log(p[rows, y] + x.dtype.type(added)).sum() / n, (p - np.eye(x.shape[1], dtype=x.dtype)[y]) / n


def softmax_loss_by_log_sum(x, y, mean, added):
    assert not added
    rows, n = np.arange(len(x)), len(x) if mean else 1
    log_sum = np.log(np.exp(x).sum(axis=1))
    return (log_sum - x[rows, y]).sum() / n, (np.exp(x - log_sum[:, None]) - np.eye(x.shape[1], dtype=x.dtype)[y]) / n


def layer_norm_by_squares(dout, x, gamma, beta, eps):
    d, mean = x.shape[1], x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((x**2).mean(axis=1, keepdims=True) - mean**2 + x.dtype.type(eps))
    x_hat, d_hat = (x - mean) / deviation, dout * gamma
    dvar = (d_hat * (x - mean) * x.dtype.type(-0.5) / deviation**3).sum(axis=1, keepdims=True)
    dmean = -(d_hat / deviation).sum(axis=1, keepdims=True)
    return gamma * x_hat + beta, d_hat / deviation + dvar * 2 * (x - mean) / d + dmean / d, *affine_slopes(dout, x_hat)


def affine_slopes(dout, x_hat):
    return (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def momentum_without_rate(w, *slopes, learning_rate, momentum, averaged):
    velocity, found, one = np.zeros_like(w), [], w.dtype.type
    for slope in slopes:
        velocity = one(momentum) * velocity + (one(1 - momentum) * slope if averaged else slope)
        w = w - one(learning_rate) * velocity
        found.append(w)
    return found


FORMS = {
    **{f"sigmoid: {name}": ("sigmoid", sigmoid_passes(one)) for name, one in SIGMOIDS.items()},
    **{f"silu: {name}": ("silu", silu_passes(one)) for name, one in SIGMOIDS.items()},
    **{f"LSTM step: {name}": ("LSTM step", lstm_step_passes(one)) for name, one in SIGMOIDS.items()},
    **{f"tanh: {name}": ("tanh", tanh_passes(one)) for name, one in TANHS.items()},
    "softmax loss: of probabilities": ("softmax loss", softmax_loss_of_probabilities),
    "softmax loss: by log-sum-exp": ("softmax loss", softmax_loss_by_log_sum),
    "layer norm: by squares": ("layer norm", layer_norm_by_squares),
    "momentum: rate outside": ("sgd with momentum", momentum_without_rate),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("form", FORMS)
def test_a_right_form_is_within_the_bounds(form, dtype):
    layer, passes = LAYERS[FORMS[form][0]], FORMS[form][1]
    names = (*layer.results, *(layer.gradients if layer.kind in ("layer", "loss") else ()))
    for name in layer.cases:
        for seed in SEEDS:
            for case in (draw(layer, name, seed), draw_resized(layer, name, np.random.default_rng(seed))):
                given = case.rounded_to(dtype)
                standards = TracedCase(given, dtype).standards()
                found = passes(*upstream_in(given, dtype), *arguments_in(given, dtype), **given.options)
                for key, array in zip(names, found, strict=True):
                    worst = ratios(np.asarray(array, dtype=np.float64), standards[key]).max(initial=0.0)
                    assert worst <= 1, (name, seed, key)


def upstream_in(case, dtype):
    return [one.astype(dtype) for one in case.upstream] if case.layer.kind == "layer" else []


def arguments_in(case, dtype):
    return [array.astype(dtype) if array.dtype.kind == "f" else array for array in case.arguments.values()]


@pytest.mark.parametrize("name", ["reciprocal", "log", "sqrt"])
def test_errors_near_a_pole_have_no_first_order_bound(name):
    def error_at_one(error):
        x = Bounded(Bounded.of([1.0]).exact, np.ones(1), np.full(1, error))
        y = ELEMENTARY[name].value(x)
        return y.error[0], ELEMENTARY[name].derivative(x, y).error[0]

    slope = {"reciprocal": lambda x: -1 / x**2, "log": lambda x: 1 / x, "sqrt": lambda x: 0.5 / np.sqrt(x)}[name]
    function = {"reciprocal": lambda x: 1 / x, "log": np.log, "sqrt": np.sqrt}[name]
    for error in (1 / 16, 1e-3):
        of_value, of_slope = error_at_one(error)
        assert of_value >= abs(function(1 - error) - function(1))
        assert of_slope >= abs(slope(1 - error) - slope(1))
    assert error_at_one(0.5) == (np.inf, np.inf)
