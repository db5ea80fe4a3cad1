"""Convolution and max pooling for the second assignment: plain loops first, then im2col."""

import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    """
    Inputs: x (N, C, H, W), w (F, C, HH, WW), b (F,), conv_param with 'stride' and 'pad'.
    Returns out (N, F, H', W') and the cache.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = 1 + (H + 2 * pad - HH) // stride
    W_out = 1 + (W + 2 * pad - WW) // stride

    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    patch = x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(patch * w[f]) + b[f]

    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, H_out, W_out = dout.shape

    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    dx_pad = np.zeros_like(x_pad)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    top, left = i * stride, j * stride
                    d = dout[n, f, i, j]
                    dw[f] += d * x_pad[n, :, top : top + HH, left : left + WW]
                    dx_pad[n, :, top : top + HH, left : left + WW] += d * w[f]
                    db[f] += d
    dx = dx_pad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def _im2col(x, HH, WW, stride, pad):
    """One row for each window, in the order n, i, j; the columns are c, row, column of the window."""
    N, C, H, W = x.shape
    H_out = (H + 2 * pad - HH) // stride + 1
    W_out = (W + 2 * pad - WW) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros((N, C, HH, WW, H_out, W_out))
    for a in range(HH):
        for b in range(WW):
            col[:, :, a, b] = img[:, :, a : a + stride * H_out : stride, b : b + stride * W_out : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * H_out * W_out, -1), H_out, W_out


def _col2im(col, shape, HH, WW, stride, pad):
    N, C, H, W = shape
    H_out = (H + 2 * pad - HH) // stride + 1
    W_out = (W + 2 * pad - WW) // stride + 1
    col = col.reshape(N, H_out, W_out, C, HH, WW).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for a in range(HH):
        for b in range(WW):
            img[:, :, a : a + stride * H_out : stride, b : b + stride * W_out : stride] += col[:, :, a, b]
    return img[:, :, pad : H + pad, pad : W + pad]


def conv_forward_im2col(x, w, b, conv_param):
    F, C, HH, WW = w.shape
    col, H_out, W_out = _im2col(x, HH, WW, conv_param["stride"], conv_param["pad"])
    out = col.dot(w.reshape(F, -1).T) + b
    out = out.reshape(x.shape[0], H_out, W_out, F).transpose(0, 3, 1, 2)
    return out, (x, w, col, conv_param)


def conv_backward_im2col(dout, cache):
    x, w, col, conv_param = cache
    F, C, HH, WW = w.shape
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    db = rows.sum(axis=0)
    dw = rows.T.dot(col).reshape(w.shape)
    dcol = rows.dot(w.reshape(F, -1))
    dx = _col2im(dcol, x.shape, HH, WW, conv_param["stride"], conv_param["pad"])
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    N, C, H, W = x.shape
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    H_out = 1 + (H - ph) // stride
    W_out = 1 + (W - pw) // stride
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.max(x[:, :, i * stride : i * stride + ph, j * stride : j * stride + pw], axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H_out, W_out = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * stride : i * stride + ph, j * stride : j * stride + pw]
                    row, column = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * stride + row, j * stride + column] += dout[n, c, i, j]
    return dx
