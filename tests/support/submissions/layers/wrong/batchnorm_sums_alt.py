# batch norm | dx | divided by the number of rows | the sums in the short form are not divided by N
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    std = np.sqrt(x.var(axis=0) + bn_param.get("eps", 1e-5))
    z = (x - x.mean(axis=0)) / std
    if bn_param["mode"] == "test":
        std = np.sqrt(bn_param["running_var"] + bn_param["eps"])
        return gamma * (x - bn_param["running_mean"]) / std + beta, None
    if "running_mean" in bn_param:
        for name, now in ("running_mean", x.mean(axis=0)), ("running_var", x.var(axis=0)):
            bn_param[name] = bn_param["momentum"] * bn_param[name] + (1 - bn_param["momentum"]) * now
    return gamma * z + beta, (z, gamma, std)


def batchnorm_backward(dout, cache):
    z, gamma, std = cache
    dgamma = (z * dout).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dx = gamma / std * (dout - dbeta - z * dgamma)
    return dx, dgamma, dbeta
