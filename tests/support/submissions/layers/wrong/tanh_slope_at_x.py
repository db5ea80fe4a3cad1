# tanh | dx | 1 − x² | the cache is x, the slope is for out
import numpy as np


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, cache):
    return dout * (1.0 - np.square(cache))
