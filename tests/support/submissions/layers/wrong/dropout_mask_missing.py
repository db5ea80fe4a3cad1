# dropout | dx | mask | the mask is not used on the way back
import numpy as np


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, None
    keep = np.random.binomial(1, p, size=x.shape)
    return x * keep / p, p


def dropout_backward(dout, p):
    if p is None:
        return dout
    return dout / p
