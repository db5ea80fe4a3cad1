# attention | dq dk | diagonal | p(1 − p) in place of the Jacobian
# https://github.com/Apiquet/DeepLearningFrameworkFromScratchCpp/issues/1
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(q, k, v):
    weights = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
    return weights @ v, (q, k, v, weights)


def attention_backward(dout, cache):
    q, k, v, weights = cache
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for n in range(len(q)):
        p = weights[n]
        dv[n] = p.T @ dout[n]
        dz = (dout[n] @ v[n].T) * p * (1 - p) / np.sqrt(q.shape[2])
        dq[n] = dz @ k[n]
        dk[n] = dz.T @ q[n]
    return dq, dk, dv
