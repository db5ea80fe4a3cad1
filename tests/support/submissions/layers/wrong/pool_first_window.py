# max pool | dx | first window | return stands inside the loop
# https://github.com/riccardoandreoni0/CNN-from-scratch/issues/1
import numpy as np


def max_pool_forward(x, pool_height=2, pool_width=2, stride=2):
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - pool_height) // stride + 1, (W - pool_width) // stride + 1))
    for h in range(out.shape[2]):
        for w in range(out.shape[3]):
            top, left = h * stride, w * stride
            out[:, :, h, w] = np.amax(x[:, :, top : top + pool_height, left : left + pool_width], axis=(2, 3))
    return out, (x, pool_height, pool_width, stride)


def max_pool_backward(dout, cache):
    x, pool_height, pool_width, stride = cache
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for h in range(dout.shape[2]):
            for w in range(dout.shape[3]):
                for c in range(x.shape[1]):
                    top, left = h * stride, w * stride
                    patch = x[n, c, top : top + pool_height, left : left + pool_width]
                    a, b = np.unravel_index(patch.argmax(), patch.shape)
                    dx[n, c, top + a, left + b] += dout[n, c, h, w]
                return dx
    return dx
