# temporal softmax loss | dx | mask | dx is not masked
import numpy as np


def temporal_softmax_loss(x, y, mask, verbose=False):
    N, T, V = x.shape
    p = np.exp(x - x.max(axis=2, keepdims=True))
    p = p / p.sum(axis=2, keepdims=True)
    loss, dx = 0.0, p.copy()
    for n in range(N):
        for t in range(T):
            loss -= mask[n, t] * np.log(p[n, t, y[n, t]])
            dx[n, t, y[n, t]] -= 1
    return loss / N, dx / N
