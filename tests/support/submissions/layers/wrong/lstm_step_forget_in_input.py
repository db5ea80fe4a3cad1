# LSTM step | dx dprev_h dWx dWh db | gate f | df stands where di belongs
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_h, next_c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_h, next_c = cache
    tc = np.tanh(next_c)
    dc = dnext_c + dnext_h * o * (1 - tc**2)
    df = dc * prev_c * f * (1 - f)
    do = dnext_h * tc * o * (1 - o)
    dg = dc * i * (1 - g**2)
    wi, wf, wo, wg = np.split(Wx, 4, axis=1)
    ui, uf, uo, ug = np.split(Wh, 4, axis=1)
    dx = df @ wi.T + df @ wf.T + do @ wo.T + dg @ wg.T
    dh = df @ ui.T + df @ uf.T + do @ uo.T + dg @ ug.T
    dWx = np.concatenate([x.T @ d for d in (df, df, do, dg)], axis=1)
    dWh = np.concatenate([prev_h.T @ d for d in (df, df, do, dg)], axis=1)
    return dx, dh, dc * f, dWx, dWh, np.concatenate([d.sum(0) for d in (df, df, do, dg)])
