# dropout | out dx | probability to drop | entries are kept with 1 - p and divided by p
import numpy as np


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    mask = np.ones_like(x)
    if dropout_param["mode"] == "train":
        mask = (np.random.uniform(size=x.shape) > p) / p
    return mask * x, mask


def dropout_backward(dout, cache):
    return cache * dout
