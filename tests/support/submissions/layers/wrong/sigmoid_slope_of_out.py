# sigmoid | dx | slope | the sigmoid is applied to the cached sigmoid
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_forward(x):
    a = sigmoid(x)
    return a, a


def sigmoid_backward(dout, a):
    return dout * sigmoid(a) * (1 - sigmoid(a))
