# gelu | dx | φ | the cumulative distribution is taken as a constant, form with tanh
import numpy as np


def gelu_forward(x):
    t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    return 0.5 * x * (1 + t), t


def gelu_backward(dout, t):
    return dout * 0.5 * (1 + t)
