"""Everything in the widest dtype that NumPy has, rounded once at the end"""

import numpy as np

from harness import Network

WIDE = np.longdouble


def backprop(network, x, t):
    dtype, x, t = x.dtype, x.astype(WIDE), t.astype(WIDE)
    w, b = [layer.w.astype(WIDE) for layer in network.layers], [layer.b.astype(WIDE) for layer in network.layers]
    f = [layer.activation for layer in network.layers]
    a, z = [x], []
    for l in range(len(w)):
        z.append(a[l] @ w[l].T + b[l])
        a.append(f[l].f(z[l]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * f[-1].slope(z[-1])
    found = {"w": [], "b": [], "delta": []}
    for l in range(len(w) - 1, -1, -1):
        for name, value in (("w", d.T @ a[l]), ("b", d.sum(axis=0)), ("delta", d)):
            found[name].insert(0, value.astype(dtype))
        d = d @ w[l] * f[l - 1].slope(z[l - 1]) if l else None
    return found


def step(network: Network, x, t, learning_rate) -> Network:
    g, eta = backprop(network, x, t), WIDE(learning_rate)
    w = [(layer.w - eta * d).astype(x.dtype) for layer, d in zip(network.layers, g["w"], strict=True)]
    return network.with_parameters(w, [layer.b - eta * d for layer, d in zip(network.layers, g["b"], strict=True)])
