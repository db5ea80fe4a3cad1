# svm classifier | dW | factor | dW has reg W for reg sum(W * W)
import numpy as np


def svm_loss_naive(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape)
    for xi, yi in zip(X, y):
        s = xi.dot(W)
        for j in range(W.shape[1]):
            m = s[j] - s[yi] + 1
            if j != yi and m > 0:
                loss += m
                dW[:, j] += xi
                dW[:, yi] -= xi
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + reg * W
