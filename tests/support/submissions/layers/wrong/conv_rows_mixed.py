# convolution | dx dw db | axes are mixed | dout is reshaped without a transpose
import numpy as np


def _windows(x, HH, WW, s, pad):
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    v = np.lib.stride_tricks.sliding_window_view(xp, (HH, WW), axis=(2, 3))[:, :, ::s, ::s]
    return v.transpose(0, 2, 3, 1, 4, 5)


def conv_forward_im2col(x, w, b, conv_param):
    F, C, HH, WW = w.shape
    v = _windows(x, HH, WW, conv_param["stride"], conv_param["pad"])
    N, h, q = v.shape[:3]
    col = v.reshape(N * h * q, -1)
    out = (col @ w.reshape(F, -1).T + b).reshape(N, h, q, F).transpose(0, 3, 1, 2)
    return out, (x, w, col, conv_param)


def conv_backward_im2col(dout, cache):
    x, w, col, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    N, _, h, q = dout.shape
    d = dout.reshape(-1, F)
    dw = (d.T @ col).reshape(w.shape)
    dcol = (d @ w.reshape(F, -1)).reshape(N, h, q, C, HH, WW)
    dx = np.zeros((N, C, x.shape[2] + 2 * pad, x.shape[3] + 2 * pad))
    for i, j in np.ndindex(h, q):
        dx[:, :, i * s : i * s + HH, j * s : j * s + WW] += dcol[:, i, j]
    return dx[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]], dw, d.sum(axis=0)
