# LSTM | dx dh0 dWx dWh db | through c | dc starts at 0 at each step
# https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, c, hs, steps = h0, np.zeros_like(h0), [], []
    for t in range(T):
        ai, af, ao, ag = np.split(x[:, t] @ Wx + h @ Wh + b, 4, axis=1)
        i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
        old_h, old_c = h, c
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        steps.append((x[:, t], old_h, old_c, i, f, o, g, c))
    return np.stack(hs, axis=1), (steps, Wx, Wh)


def lstm_backward(dh, cache):
    steps, Wx, Wh = cache
    dWx, dWh, db, dx = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(Wx.shape[1]), []
    dnext_h = np.zeros_like(steps[0][1])
    for t, (xt, old_h, old_c, i, f, o, g, c) in reversed(list(enumerate(steps))):
        d = dh[:, t] + dnext_h
        tc = np.tanh(c)
        dc = np.zeros_like(c)
        dc += d * o * (1 - tc**2)
        da = np.hstack((dc * g * i * (1 - i), dc * old_c * f * (1 - f), d * tc * o * (1 - o), dc * i * (1 - g**2)))
        dx.insert(0, da @ Wx.T)
        dnext_h = da @ Wh.T
        dWx += xt.T @ da
        dWh += old_h.T @ da
        db += da.sum(axis=0)
    return np.stack(dx, axis=1), dnext_h, dWx, dWh, db
