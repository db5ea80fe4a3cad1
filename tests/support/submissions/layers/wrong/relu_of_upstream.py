# relu | dx | sign of dout | the gate looks at dout
import numpy as np


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, x):
    return np.maximum(0, dout)
