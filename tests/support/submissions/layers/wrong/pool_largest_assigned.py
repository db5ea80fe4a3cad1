# max pool | dx | last window | = in place of += at the largest entry
# https://github.com/FluxML/NNlib.jl/issues/205
import numpy as np


def max_pool_forward(x, pool_param):
    hh, ww, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    rows, columns = 1 + (H - hh) // s, 1 + (W - ww) // s
    out, where = np.zeros((N, C, rows, columns)), {}
    for n, c, i, j in np.ndindex(N, C, rows, columns):
        window = x[n, c, i * s : i * s + hh, j * s : j * s + ww]
        k = np.argmax(window)
        where[n, c, i, j] = (n, c, i * s + k // ww, j * s + k % ww)
        out[n, c, i, j] = window.flat[k]
    return out, (x.shape, where)


def max_pool_backward(dout, cache):
    shape, where = cache
    dx = np.zeros(shape)
    for place, target in where.items():
        dx[target] = dout[place]
    return dx
