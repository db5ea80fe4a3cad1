# svm loss | dx | number of positive margins | 1 is subtracted at the label, not the count
import numpy as np


def svm_loss(x, y):
    N = x.shape[0]
    margins = np.maximum(0, x - x[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    dx = (margins > 0) * 1.0
    dx[np.arange(N), y] -= 1
    return margins.sum() / N, dx / N
