"""Softmax with −t / a and the Jacobian diag(a) − a aᵀ of each row, divided out where a underflows to 0"""

import numpy as np

from harness import Gradients, Network


def softmax_delta(a, t):
    rows = []
    for p, target in zip(a, t, strict=True):
        jacobian = np.diag(p) - np.outer(p, p)
        gone = p == 0
        g = -target / np.where(gone, 1, p)
        g[gone] = 0
        # ∂a_k/∂z_i = a_k ([i = k] − a_i), over a_k = 0: the limit
        rows.append(jacobian @ g - (np.eye(len(p), dtype=p.dtype)[:, gone] - p[:, None]) @ target[gone])
    return np.array(rows)


def backprop(network: Network, x, t) -> Gradients:
    if network.layers[-1].activation.name != "softmax":
        raise NotImplementedError("softmax outputs only")
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [softmax_delta(a[-1], t)]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [d.sum(axis=0) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
