# binary cross-entropy | dx | before a sigmoid | p - y is the gradient of the scores
import numpy as np


def bce_loss(x, y):
    n = x.size
    loss = -np.sum(y * np.log(x) + (1 - y) * np.log(1 - x)) / n
    return loss, (x - y) / n
