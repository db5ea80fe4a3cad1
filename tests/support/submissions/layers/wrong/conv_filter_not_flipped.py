# convolution | dx | flipped | the full convolution of dout lacks the flip of w
import numpy as np


def conv_forward(x, w, b):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    out = np.zeros((N, F, H - HH + 1, W - WW + 1))
    for i, j in np.ndindex(*out.shape[2:]):
        out[:, :, i, j] = x[:, :, i : i + HH, j : j + WW].reshape(N, -1) @ w.reshape(F, -1).T + b
    return out, (x, w)


def conv_backward(dout, cache):
    """dx is the full convolution of dout with the filters."""
    x, w = cache
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    full = np.pad(dout, ((0, 0), (0, 0), (HH - 1, HH - 1), (WW - 1, WW - 1)))
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            for c in range(C):
                for i in range(H):
                    for j in range(W):
                        dx[n, c, i, j] += np.sum(full[n, f, i : i + HH, j : j + WW] * w[f, c])
    for a, b in np.ndindex(HH, WW):
        dw[:, :, a, b] = np.tensordot(dout, x[:, :, a : a + H - HH + 1, b : b + W - WW + 1], ([0, 2, 3], [0, 2, 3]))
    return dx, dw, dout.sum(axis=(0, 2, 3))
