# rms norm | dx | constant | the root mean square is taken as a constant
import numpy as np


def rmsnorm_forward(x, g, eps=1e-5):
    scale = (np.square(x).mean(axis=1) + eps) ** -0.5
    y = x * scale[:, None]
    return y * g, (y, g, scale)


def rmsnorm_backward(dout, cache):
    y, g, scale = cache
    return dout * g * scale[:, None], np.sum(dout * y, axis=0)
