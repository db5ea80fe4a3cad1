"""Gated recurrent units, in which z is the share of the new state."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step_forward(x, prev_h, Wx, Wh, b):
    H = prev_h.shape[1]
    rz = sigmoid(x.dot(Wx[:, : 2 * H]) + prev_h.dot(Wh[:, : 2 * H]) + b[: 2 * H])
    r, z = rz[:, :H], rz[:, H:]
    n = np.tanh(x.dot(Wx[:, 2 * H :]) + (r * prev_h).dot(Wh[:, 2 * H :]) + b[2 * H :])
    next_h = prev_h + z * (n - prev_h)
    return next_h, (x, prev_h, Wx, Wh, r, z, n)


def gru_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, r, z, n = cache
    H = prev_h.shape[1]
    dz = dnext_h * (n - prev_h)
    dn = dnext_h * z
    dprev_h = dnext_h * (1 - z)
    da = np.zeros((x.shape[0], 3 * H))
    da[:, 2 * H :] = dn * (1 - n**2)
    da[:, H : 2 * H] = dz * z * (1 - z)
    drh = da[:, 2 * H :].dot(Wh[:, 2 * H :].T)
    da[:, :H] = drh * prev_h * r * (1 - r)
    dprev_h = dprev_h + drh * r + da[:, : 2 * H].dot(Wh[:, : 2 * H].T)
    dWh = np.hstack([prev_h.T.dot(da[:, : 2 * H]), (r * prev_h).T.dot(da[:, 2 * H :])])
    return da.dot(Wx.T), dprev_h, x.T.dot(da), dWh, da.sum(axis=0)


def gru_forward(x, h0, Wx, Wh, b):
    h, steps = h0, []
    out = np.zeros((x.shape[0], x.shape[1], h0.shape[1]))
    for t in range(x.shape[1]):
        h, cache = gru_step_forward(x[:, t], h, Wx, Wh, b)
        out[:, t] = h
        steps.append(cache)
    return out, steps


def gru_backward(dh, steps):
    dx, totals, dprev_h = [], [0, 0, 0], 0
    for t in reversed(range(len(steps))):
        dx_t, dprev_h, *rest = gru_step_backward(dh[:, t] + dprev_h, steps[t])
        dx.append(dx_t)
        totals = [total + one for total, one in zip(totals, rest)]
    return np.stack(dx[::-1], axis=1), dprev_h, *totals
