# spatial batch norm | out dx dgamma dbeta | mixes | x is reshaped without moving the channels
import numpy as np


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    flat = x.reshape(-1, x.shape[1])
    std = np.sqrt(flat.var(axis=0) + bn_param.get("eps", 1e-5))
    z = (flat - flat.mean(axis=0)) / std
    out = gamma * z + beta
    return out.reshape(x.shape), (z, gamma, std, x.shape)


def spatial_batchnorm_backward(dout, cache):
    z, gamma, std, shape = cache
    d = dout.reshape(-1, shape[1])
    dgamma, dbeta = (d * z).sum(axis=0), d.sum(axis=0)
    dz = d * gamma
    dx = (dz - dz.mean(axis=0) - z * (dz * z).mean(axis=0)) / std
    return dx.reshape(shape), dgamma, dbeta
