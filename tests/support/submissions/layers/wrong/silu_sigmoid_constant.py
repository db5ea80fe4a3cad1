# silu | dx | constant | the sigmoid is taken as a constant
import numpy as np


def swish_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, s


def swish_backward(dout, s):
    return dout * s
