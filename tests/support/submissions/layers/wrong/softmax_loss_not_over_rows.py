# softmax loss | dx | divided by the number of rows | dx is that of the sum, the loss is the mean
import numpy as np


def softmax_loss(x, y):
    loss = 0.0
    dx = np.zeros_like(x)
    for i in range(len(x)):
        e = np.exp(x[i] - np.max(x[i]))
        p = e / np.sum(e)
        loss += -np.log(p[y[i]])
        dx[i] = p
        dx[i, y[i]] -= 1
    return loss / len(x), dx
