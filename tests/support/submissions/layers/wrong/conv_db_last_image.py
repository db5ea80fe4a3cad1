# convolution | db | last image | db is assigned in the loop over the images
import numpy as np


def conv_forward(x, w, b, stride=1, pad=0):
    F, C, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    v = np.lib.stride_tricks.sliding_window_view(xp, (HH, WW), axis=(2, 3))[:, :, ::stride, ::stride]
    out = np.tensordot(v, w, ([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2)
    return out + b[None, :, None, None], (x, w, v, stride, pad)


def conv_backward(dout, cache):
    x, w, v, stride, pad = cache
    N, F, h, q = dout.shape
    HH, WW = w.shape[2:]
    dx = np.zeros((N, x.shape[1], x.shape[2] + 2 * pad, x.shape[3] + 2 * pad))
    dw = np.zeros(w.shape)
    db = np.zeros(F)
    for n in range(N):
        dw += np.tensordot(dout[n], v[n], ([1, 2], [1, 2]))
        db = dout[n].sum(axis=(1, 2))
        for i, j in np.ndindex(h, q):
            dx[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW] += np.tensordot(dout[n, :, i, j], w, 1)
    return dx[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, db
