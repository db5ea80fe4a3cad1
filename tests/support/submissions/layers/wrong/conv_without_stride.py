# convolution | dx dw | stride | the window starts at h, v
# https://github.com/Kulbear/deep-learning-coursera/pull/34
import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for n, f, i, j in np.ndindex(*out.shape):
        window = xp[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
        out[n, f, i, j] = (window * w[f]).sum() + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    pad = conv_param["pad"]
    F, C, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw, db = np.zeros(xp.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n in range(x.shape[0]):
        for h in range(dout.shape[2]):
            for v in range(dout.shape[3]):
                for f in range(F):
                    a_slice = xp[n, :, h : h + HH, v : v + WW]
                    dxp[n, :, h : h + HH, v : v + WW] += w[f] * dout[n, f, h, v]
                    dw[f] += a_slice * dout[n, f, h, v]
                    db[f] += dout[n, f, h, v]
    return dxp[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, db
