# RNN | dx dh0 dWx dWh db | not carried | dh_next is computed and not used
# https://github.com/CaptainE/RNN-LSTM-in-numpy/issues/1
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [h0], h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs[1:], axis=1), (x, hs, Wx, Wh)


def rnn_backward(dh, cache):
    x, hs, Wx, Wh = cache
    dx, dWx, dWh = np.zeros_like(x), np.zeros_like(Wx), np.zeros_like(Wh)
    db = np.zeros(Wh.shape[0])
    dh_next = np.zeros_like(hs[0])
    for t in range(x.shape[1])[::-1]:
        da = dh[:, t] * (1 - np.square(hs[t + 1]))
        dx[:, t] = np.dot(da, Wx.T)
        dWx += np.dot(x[:, t].T, da)
        dWh += np.dot(hs[t].T, da)
        db += np.sum(da, 0)
        dh_next = np.dot(da, Wh.T)
    return dx, dh_next, dWx, dWh, db
