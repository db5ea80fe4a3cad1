# RNN | dx dh0 dWx dWh db | transposed | dhnext = dhraw Wh
# https://datascience.stackexchange.com/questions/10545
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [h0], h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs[1:], axis=1), (x, hs, Wx, Wh)


def rnn_backward(dh, cache):
    x, hs, Wx, Wh = cache
    T = x.shape[1]
    deltas, dhnext = [None] * T, 0
    for t in reversed(range(T)):
        dhraw = (dh[:, t] + dhnext) * (1 - hs[t + 1] ** 2)
        deltas[t] = dhraw
        dhnext = dhraw @ Wh
    d = np.stack(deltas, axis=1)
    before = np.stack(hs[:-1], axis=1)
    dWx = np.einsum("ntd,nth->dh", x, d)
    dWh = np.einsum("ntg,nth->gh", before, d)
    return d @ Wx.T, dhnext, dWx, dWh, d.sum(axis=(0, 1))
