# dropout | out dx | neither p nor | randn in place of rand: another share of the entries is kept
import numpy as np


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    mask = (np.random.randn(*x.shape) < p) / p if mode == "train" else 1.0
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache
