# masked attention | out dq dk dv | mask | the result of np.where is not kept
import numpy as np


def scaled_dot_product_attention_forward(q, k, v, mask=None):
    scores = q @ np.swapaxes(k, 1, 2) / q.shape[-1] ** 0.5
    if mask is not None:
        np.where(mask == 0, -1e9, scores)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p @ v, (q, k, v, p)


def scaled_dot_product_attention_backward(dout, cache):
    q, k, v, p = cache
    dp = dout @ np.swapaxes(v, 1, 2)
    ds = p * (dp - np.sum(dp * p, axis=-1, keepdims=True)) / q.shape[-1] ** 0.5
    return ds @ k, np.swapaxes(ds, 1, 2) @ q, np.swapaxes(p, 1, 2) @ dout
