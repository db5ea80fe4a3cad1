# LSTM step | dx dprev_h dWx dWh db | gate o | o in place of its slope
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
    H = prev_h.shape[1]
    dtanh = dnext_h * o
    dc = dtanh - dtanh * np.tanh(next_c) ** 2 + dnext_c
    da = np.zeros((len(x), 4 * H))
    da[:, :H] = dc * g * (i - i * i)
    da[:, H : 2 * H] = dc * prev_c * (f - f * f)
    da[:, 2 * H : 3 * H] = dnext_h * np.tanh(next_c) * o
    da[:, 3 * H :] = dc * i * (1 - g * g)
    return da.dot(Wx.T), da.dot(Wh.T), dc * f, x.T.dot(da), prev_h.T.dot(da), np.sum(da, axis=0)
