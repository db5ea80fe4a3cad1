# RNN step | dx dprev_h dWx dWh db | slope of tanh | the slope is taken at next_h
import numpy as np


def dtanh(z):
    return 1 - np.tanh(z) ** 2


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(np.dot(x, Wx) + np.dot(prev_h, Wh) + b)
    return next_h, [x, prev_h, Wx, Wh, next_h]


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    delta = dnext_h * dtanh(next_h)
    db = np.zeros(Wh.shape[1])
    dWx, dWh = np.zeros_like(Wx), np.zeros_like(Wh)
    for row in range(len(x)):
        db += delta[row]
        dWx += np.outer(x[row], delta[row])
        dWh += np.outer(prev_h[row], delta[row])
    return delta @ Wx.T, delta @ Wh.T, dWx, dWh, db
