# group norm | dgamma | mean stands in place of the sum | dgamma is averaged over the rows and the places
import numpy as np


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    z = x.reshape(N, G, -1)
    std = np.sqrt(z.var(axis=-1, keepdims=True) + gn_param["eps"])
    z = (z - z.mean(axis=-1, keepdims=True)) / std
    return z.reshape(x.shape) * gamma + beta, (z, std, gamma)


def spatial_groupnorm_backward(dout, cache):
    z, std, gamma = cache
    xhat = z.reshape(dout.shape)
    dgamma = np.mean(dout * xhat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dz = (dout * gamma).reshape(z.shape)
    dz = dz - dz.mean(axis=-1, keepdims=True) - z * (dz * z).mean(axis=-1, keepdims=True)
    return (dz / std).reshape(dout.shape), dgamma, dbeta
