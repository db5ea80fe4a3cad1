# softmax classifier | dW | penalty is divided by the number of rows | dW is divided by N after the penalty
import numpy as np


def softmax_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    P = np.exp(X.dot(W))
    P = P / P.sum(axis=1).reshape(N, 1)
    loss = np.sum(-np.log(P[np.arange(N), y])) / N + reg * np.sum(W * W)
    P[np.arange(N), y] -= 1
    dW = X.T.dot(P)
    dW += 2 * reg * W
    dW /= N
    return loss, dW
