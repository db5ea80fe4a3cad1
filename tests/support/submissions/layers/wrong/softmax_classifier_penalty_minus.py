# softmax classifier | dW | wrong sign | the gradient of the penalty is subtracted
import numpy as np


def softmax_loss_naive(W, X, y, reg):
    N = X.shape[0]
    loss, dW = 0, np.zeros_like(W)
    for i in range(N):
        f = X[i].dot(W)
        f -= f.max()
        p = np.exp(f) / sum(np.exp(f))
        loss -= np.log(p[y[i]])
        p[y[i]] -= 1
        dW += np.outer(X[i], p)
    return loss / N + 0.5 * reg * np.sum(W * W), dW / N - reg * W
