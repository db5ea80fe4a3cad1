"""Arrays of Python's floats, dtype object: NumPy's products with Python's arithmetic"""

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    w, f = [layer.w.astype(object) for layer in network.layers], [layer.activation for layer in network.layers]
    a, z = [x.astype(object)], []
    for l, layer in enumerate(network.layers):
        z.append((a[l] @ w[l].T + layer.b.astype(object)).astype(np.float64))
        a.append(f[l].f(z[l]).astype(object))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * f[-1].slope(z[-1])
    dw, db = [], []
    for l in range(len(w) - 1, -1, -1):
        dw.insert(0, (d.T @ a[l]).astype(np.float64))
        db.insert(0, d.sum(axis=0).astype(np.float64))
        d = d @ w[l] * f[l - 1].slope(z[l - 1]) if l else d
    return Gradients(dw, db)
