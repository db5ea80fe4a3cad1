# multi-head attention | out dx dWq dWk dWv dWo | mixed | the heads are joined without a transpose
import numpy as np


def multi_head_attention_forward(x, Wq, Wk, Wv, Wo, num_heads):
    N, T, D = x.shape
    q, k, v = ((x @ W).reshape(N, T, num_heads, -1).swapaxes(1, 2) for W in (Wq, Wk, Wv))
    s = q @ k.swapaxes(2, 3) / np.sqrt(D // num_heads)
    p = np.exp(s - s.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    joined = (p @ v).reshape(N, T, D)
    return joined @ Wo, (x, q, k, v, p, joined, Wq, Wk, Wv, Wo)


def multi_head_attention_backward(dout, cache):
    x, q, k, v, p, joined, Wq, Wk, Wv, Wo = cache
    N, T, D = x.shape
    flat = x.reshape(-1, D)
    dWo = joined.reshape(-1, D).T @ dout.reshape(-1, D)
    do = (dout @ Wo.T).reshape(q.shape)
    dv = p.swapaxes(2, 3) @ do
    dp = do @ v.swapaxes(2, 3)
    ds = p * (dp - (p * dp).sum(-1, keepdims=True)) / np.sqrt(q.shape[3])
    dq, dk, dv = (d.swapaxes(1, 2).reshape(-1, D) for d in (ds @ k, ds.swapaxes(2, 3) @ q, dv))
    dx = (dq @ Wq.T + dk @ Wk.T + dv @ Wv.T).reshape(x.shape)
    return dx, flat.T @ dq, flat.T @ dk, flat.T @ dv, dWo
