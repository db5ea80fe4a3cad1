# RNN | dx dh0 dWx dWh db | slope | dh_prev is added after the slope
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [h0], h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs[1:], axis=1), (x, hs, Wx, Wh)


def rnn_backward(dh, cache):
    x, hs, Wx, Wh = cache
    N, T, D = x.shape
    dx, dWx, dWh, db = np.zeros(x.shape), 0, 0, 0
    dh_prev = np.zeros(hs[0].shape)
    for t in reversed(range(T)):
        h = hs[t + 1]
        dz = dh[:, t, :] * (1 - h**2) + dh_prev
        dx[:, t] = dz.dot(Wx.T)
        dh_prev = dz.dot(Wh.T)
        dWx = dWx + x[:, t].T.dot(dz)
        dWh = dWh + hs[t].T.dot(dz)
        db = db + dz.sum(axis=0)
    return dx, dh_prev, dWx, dWh, db
