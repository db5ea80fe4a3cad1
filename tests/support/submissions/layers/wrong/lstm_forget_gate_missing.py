# LSTM | dx dh0 dWx dWh db | gate f | dc is passed to the step before without f
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, c, hs, steps = h0, np.zeros_like(h0), [], []
    for t in range(T):
        ai, af, ao, ag = np.split(x[:, t] @ Wx + h @ Wh + b, 4, axis=1)
        i, f, o, g = sigmoid(ai), sigmoid(af), sigmoid(ao), np.tanh(ag)
        old_h, old_c = h, c
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        steps.append((x[:, t], old_h, old_c, i, f, o, g, c))
    return np.stack(hs, axis=1), (steps, Wx, Wh)


def lstm_backward(dh, cache):
    steps, Wx, Wh = cache
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(Wx.shape[1])
    dx = np.zeros((len(dh), len(steps), len(Wx)))
    dnext_h = dnext_c = np.zeros_like(steps[0][1])
    for t in reversed(range(len(steps))):
        xt, old_h, old_c, i, f, o, g, c = steps[t]
        d = dh[:, t] + dnext_h
        tc = np.tanh(c)
        dnext_c = dnext_c + d * o * (1 - tc * tc)
        da = np.concatenate(
            [
                dnext_c * g * i * (1 - i),
                dnext_c * old_c * f * (1 - f),
                d * tc * o * (1 - o),
                dnext_c * i * (1 - g * g),
            ],
            axis=1,
        )
        dx[:, t] = da @ Wx.T
        dnext_h = da @ Wh.T
        dWx += xt.T @ da
        dWh += old_h.T @ da
        db += da.sum(axis=0)
    return dx, dnext_h, dWx, dWh, db
