# RNN | dWx dWh db | one step | the weights' gradients are not added up
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [h0], h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs[1:], axis=1), (x, hs, Wx, Wh)


def step_back(dnext_h, x, prev_h, next_h, Wx, Wh):
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def rnn_backward(dh, cache):
    x, hs, Wx, Wh = cache
    dx = np.zeros_like(x)
    dprev = np.zeros_like(hs[0])
    for t in range(x.shape[1] - 1, -1, -1):
        dx[:, t], dprev, dWx, dWh, db = step_back(dh[:, t] + dprev, x[:, t], hs[t], hs[t + 1], Wx, Wh)
    return dx, dprev, dWx, dWh, db
