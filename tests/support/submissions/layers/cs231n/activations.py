"""Activations as pairs of functions, and losses, own code, all right."""

from math import erf

import numpy as np


def sigmoid_forward(x):
    out = 1.0 / (1.0 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)


def tanh_forward(x):
    out = (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))
    return out, out


def tanh_backward(dout, out):
    return dout - dout * out * out


def leaky_relu_forward(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x), (x, alpha)


def leaky_relu_backward(dout, cache):
    x, alpha = cache
    dx = np.ones_like(x)
    dx[x < 0] = alpha
    return dx * dout


def elu_forward(x, alpha):
    out = np.where(x >= 0, x, alpha * (np.exp(x) - 1))
    return out, (out, alpha)


def elu_backward(dout, cache):
    out, alpha = cache
    return dout * np.where(out >= 0, 1, out + alpha)


def gelu_forward(x):
    inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
    return x / 2 * (1 + np.tanh(inner)), (x, inner)


def gelu_backward(dout, cache):
    x, inner = cache
    t = np.tanh(inner)
    return dout * ((1 + t) / 2 + x / 2 * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 0.134145 * x**2))


def gelu_forward_exact(x):
    cdf = np.vectorize(lambda one: 0.5 * (1 + erf(one / 2**0.5)))(x)
    return x * cdf, (x, cdf)


def gelu_backward_exact(dout, cache):
    x, cdf = cache
    return dout * (cdf + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def softplus_forward(x):
    return np.log(1 + np.exp(x)), x


def softplus_backward(dout, x):
    return dout * np.exp(x) / (1 + np.exp(x))


def silu_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)


def silu_backward(dout, cache):
    x, s = cache
    return dout * (s * (1 + x * (1 - s)))


def softmax_forward(x):
    e = np.exp(x)
    p = e / np.sum(e, axis=1, keepdims=True)
    return p, p


def softmax_backward(dout, p):
    dx = np.empty_like(p)
    for i, row in enumerate(p):
        dx[i] = (np.diag(row) - np.outer(row, row)) @ dout[i]
    return dx


def log_softmax_forward(x):
    out = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
    return out, out


def log_softmax_backward(dout, out):
    return dout - np.exp(out) * np.sum(dout, axis=1, keepdims=True)


def rmsnorm_forward(x, g, eps=1e-5):
    r = 1 / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + eps)
    return x * r * g, (x, g, r)


def rmsnorm_backward(dout, cache):
    x, g, r = cache
    dg = np.sum(dout * x * r, axis=0)
    dr = np.sum(dout * g * x, axis=1, keepdims=True)
    dx = dout * g * r - r**3 * x * dr / x.shape[1]
    return dx, dg


def dropout_forward(x, dropout_param):
    """p is the probability to drop an entry; entries are scaled in test mode."""
    if dropout_param["mode"] == "train":
        mask = np.random.rand(*x.shape) >= dropout_param["p"]
        return x * mask, mask
    return x * (1 - dropout_param["p"]), 1 - dropout_param["p"]


def dropout_backward(dout, mask):
    return dout * mask


def mse_loss(x, y):
    return np.sum((x - y) ** 2) / (2 * len(x)), (x - y) / len(x)


def bce_loss(x, y):
    loss = -np.mean(y * np.log(x) + (1 - y) * np.log(1 - x))
    return loss, (-y / x + (1 - y) / (1 - x)) / x.size


def sigmoid_cross_entropy_loss(x, y):
    p = 1 / (1 + np.exp(-x))
    return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)), (p - y) / x.size
