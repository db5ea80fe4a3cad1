# RNN | dWh | in place of | dWh takes h_t
import numpy as np


def rnn_forward(x, h0, Wx, Wh, b):
    hs, h = [h0], h0
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs[1:], axis=1), (x, hs, Wx, Wh)


def rnn_backward(dh, cache):
    x, hs, Wx, Wh = cache
    dx, dWx, dWh, db = np.empty_like(x), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(len(Wh))
    carry = np.zeros_like(hs[0])
    hs = hs[1:]
    for t in reversed(range(len(hs))):
        da = (1 - hs[t] ** 2) * (dh[:, t] + carry)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += hs[t].T @ da
        db += da.sum(0)
        carry = da @ Wh.T
    return dx, carry, dWx, dWh, db
