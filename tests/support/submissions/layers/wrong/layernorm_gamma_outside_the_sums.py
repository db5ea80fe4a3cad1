# layer norm | dx | γ | gamma is multiplied after the sums over the features, as in batch norm
import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    norm = (x - mean) / np.sqrt(var + eps)
    return norm * gamma + beta, (norm, gamma, np.sqrt(var + eps))


def layernorm_backward(dout, cache):
    norm, gamma, std = cache
    D = norm.shape[1]
    dgamma, dbeta = (dout * norm).sum(axis=0), dout.sum(axis=0)
    inner = D * dout - dout.sum(axis=1, keepdims=True) - norm * (dout * norm).sum(axis=1, keepdims=True)
    dx = gamma * inner / (D * std)
    return dx, dgamma, dbeta
