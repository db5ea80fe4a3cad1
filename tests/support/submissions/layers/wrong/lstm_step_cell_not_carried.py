# LSTM step | dx dprev_h dprev_c dWx dWh db | dnext_c | dnext_c is overwritten
# https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1
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
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c * o * (1 - o)
    dnext_c = dnext_h * o * (1 - tanh_c**2)
    dg = (1 - g**2) * i * dnext_c
    di = i * (1 - i) * g * dnext_c
    df = f * (1 - f) * prev_c * dnext_c
    da = np.concatenate((di, df, do, dg), axis=1)
    return np.dot(da, Wx.T), np.dot(da, Wh.T), f * dnext_c, np.dot(x.T, da), np.dot(prev_h.T, da), da.sum(axis=0)
