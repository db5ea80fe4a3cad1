# group norm | dx | number of channels | the sums are divided by C // G, not by C // G * H * W
import numpy as np


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    xg = x.reshape(N, G, C // G, H, W)
    mean = xg.mean(axis=(2, 3, 4), keepdims=True)
    var = xg.var(axis=(2, 3, 4), keepdims=True)
    std = np.sqrt(var + gn_param.get("eps", 1e-5))
    xn = (xg - mean) / std
    return gamma * xn.reshape(x.shape) + beta, (xn, gamma, std, G)


def spatial_groupnorm_backward(dout, cache):
    xn, gamma, std, G = cache
    N, C, H, W = dout.shape
    dgamma = np.sum(dout * xn.reshape(dout.shape), axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    d = (dout * gamma).reshape(xn.shape)
    D = C // G
    dx = d - d.sum(axis=(2, 3, 4), keepdims=True) / D - xn * (d * xn).sum(axis=(2, 3, 4), keepdims=True) / D
    return (dx / std).reshape(dout.shape), dgamma, dbeta
