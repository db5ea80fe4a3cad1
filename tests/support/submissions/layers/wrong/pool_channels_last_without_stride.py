# max pool, channels last | dA_prev | stride | the window starts at h, w
# https://github.com/enggen/Deep-Learning-Coursera/issues/7

import numpy as np


def pool_forward(A_prev, hparameters, mode="max"):
    m, n_H_prev, n_W_prev, n_C = A_prev.shape
    f, stride = hparameters["f"], hparameters["stride"]
    n_H, n_W = int(1 + (n_H_prev - f) / stride), int(1 + (n_W_prev - f) / stride)
    A = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            piece = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f, :]
            A[:, h, w, :] = piece.max(axis=(1, 2)) if mode == "max" else piece.mean(axis=(1, 2))
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max"):
    A_prev, hparameters = cache
    f = hparameters["f"]
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    rows, columns = slice(h, h + f), slice(w, w + f)
                    if mode == "max":
                        piece = A_prev[i, rows, columns, c]
                        dA_prev[i, rows, columns, c] += (piece == np.max(piece)) * dA[i, h, w, c]
                    else:
                        dA_prev[i, rows, columns, c] += np.ones((f, f)) * dA[i, h, w, c] / (f * f)
    return dA_prev
