# attention | dq dk dv | √d | the weights are computed again without 1/√d
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(q, k, v):
    return softmax(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])) @ v, (q, k, v)


def attention_backward(dout, cache):
    q, k, v = cache
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for n in range(len(q)):
        p = softmax(q[n] @ k[n].T)
        dv[n] = p.T @ dout[n]
        dp = dout[n] @ v[n].T
        dz = np.array([(np.diag(row) - np.outer(row, row)) @ d for row, d in zip(p, dp)]) / np.sqrt(q.shape[2])
        dq[n] = dz @ k[n]
        dk[n] = dz.T @ q[n]
    return dq, dk, dv
