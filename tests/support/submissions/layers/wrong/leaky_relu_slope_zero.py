# leaky relu | dx | slope is 0 | the slope for negative x is that of relu
import numpy as np


def leaky_relu_forward(x, alpha=0.01):
    out = x.copy()
    out[x < 0] *= alpha
    return out, (x, alpha)


def leaky_relu_backward(dout, cache):
    x, _ = cache
    dx = np.array(dout)
    dx[x < 0] = 0
    return dx
