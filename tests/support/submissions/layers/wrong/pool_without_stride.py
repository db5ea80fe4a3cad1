# max pool | dx | stride | the window starts at i, j on the way back
import numpy as np


def max_pool_forward_naive(x, pool_param):
    ph, pw, s = (pool_param[k] for k in ("pool_height", "pool_width", "stride"))
    views = np.lib.stride_tricks.sliding_window_view(x, (ph, pw), axis=(2, 3))[:, :, ::s, ::s]
    return views.max(axis=(4, 5)), (x, views, pool_param)


def max_pool_backward_naive(dout, cache):
    x, views, pool_param = cache
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    dx = np.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            v = views[:, :, i, j]
            mask = v == v.max(axis=(2, 3), keepdims=True)
            dx[:, :, i : i + ph, j : j + pw] += mask * dout[:, :, i, j][:, :, None, None]
    return dx
