# temporal softmax loss | loss dx | divided | the loss is divided by N T
import numpy as np


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    rows, labels, counted = x.reshape(-1, V), y.ravel(), mask.ravel()
    logp = rows - rows.max(1)[:, None]
    logp = logp - np.log(np.exp(logp).sum(1))[:, None]
    loss = -(logp[np.arange(N * T), labels] * counted).sum() / (N * T)
    drows = np.exp(logp)
    drows[np.arange(N * T), labels] -= 1
    return loss, (drows * counted[:, None] / (N * T)).reshape(x.shape)
