# multi-head attention | dx | through | dx lacks the parts of keys and values
import numpy as np


def multi_head_attention_forward(x, Wq, Wk, Wv, Wo, n_heads=1, causal=False):
    N, T, D = x.shape
    d = D // n_heads
    out, cache = np.zeros(x.shape), []
    for h in range(n_heads):
        part = slice(h * d, (h + 1) * d)
        q, k, v = x @ Wq[:, part], x @ Wk[:, part], x @ Wv[:, part]
        s = q @ k.swapaxes(1, 2) / np.sqrt(d)
        if causal:
            s = np.where(np.tri(T), s, -np.inf)
        p = np.exp(s - s.max(-1, keepdims=True))
        p = p / p.sum(-1, keepdims=True)
        cache.append((part, q, k, v, p))
        out += p @ v @ Wo[part]
    return out, (x, Wq, Wk, Wv, Wo, cache)


def multi_head_attention_backward(dout, saved):
    x, Wq, Wk, Wv, Wo, cache = saved
    dx, (dWq, dWk, dWv, dWo) = np.zeros_like(x), (np.zeros_like(W) for W in (Wq, Wk, Wv, Wo))
    for part, q, k, v, p in cache:
        dWo[part] = np.einsum("nti,ntj->ij", p @ v, dout)
        dhead = dout @ Wo[part].T
        dv = p.swapaxes(1, 2) @ dhead
        dp = dhead @ v.swapaxes(1, 2)
        ds = p * (dp - (p * dp).sum(-1, keepdims=True)) / np.sqrt(q.shape[2])
        dq, dk = ds @ k, ds.swapaxes(1, 2) @ q
        dWq[:, part] = np.einsum("nti,ntj->ij", x, dq)
        dWk[:, part] = np.einsum("nti,ntj->ij", x, dk)
        dWv[:, part] = np.einsum("nti,ntj->ij", x, dv)
        dx += dq @ Wq[:, part].T
    return dx, dWq, dWk, dWv, dWo
