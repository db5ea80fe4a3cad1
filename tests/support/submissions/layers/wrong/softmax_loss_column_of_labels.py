# softmax loss | dx | column | dx[:, y] in place of dx[np.arange(N), y]
import numpy as np


def softmax_loss(x, y):
    N = x.shape[0]
    scores = x - x.max(axis=1, keepdims=True)
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = np.mean(-np.log(probs[np.arange(N), y]))
    dx = probs.copy()
    for label in y:
        dx[:, label] -= 1
    return loss, dx / N
