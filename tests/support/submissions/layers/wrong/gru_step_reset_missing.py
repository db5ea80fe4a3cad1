# GRU step | dprev_h dWh | gate r | r is left out of dprev_h and dWh
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gru_step_forward(x, prev_h, Wx, Wh, b):
    (wr, wz, wn), (ur, uz, un), (br, bz, bn) = np.split(Wx, 3, 1), np.split(Wh, 3, 1), np.split(b, 3)
    r = sigmoid(x @ wr + prev_h @ ur + br)
    z = sigmoid(x @ wz + prev_h @ uz + bz)
    n = np.tanh(x @ wn + (r * prev_h) @ un + bn)
    return n + z * (prev_h - n), (x, prev_h, Wx, (ur, uz, un), r, z, n)


def gru_step_backward(dnext_h, cache):
    x, h, Wx, (ur, uz, un), r, z, n = cache
    dn = dnext_h * (1 - z) * (1 - n**2)
    dz = dnext_h * (h - n) * z * (1 - z)
    drh = dn @ un.T
    dr = drh * h * r * (1 - r)
    dprev_h = dnext_h * z + drh + dz @ uz.T + dr @ ur.T
    da = np.hstack([dr, dz, dn])
    dWh = h.T @ da
    return da @ Wx.T, dprev_h, x.T @ da, dWh, da.sum(axis=0)
