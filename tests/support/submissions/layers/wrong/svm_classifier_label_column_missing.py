# svm classifier | dW | label | the column of the label gets nothing
import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    num = X.shape[0]
    for i in range(num):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
    return loss / num + reg * np.sum(W * W), dW / num + 2 * reg * W
