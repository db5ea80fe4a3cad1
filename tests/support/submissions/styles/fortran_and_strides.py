"""Arrays in Fortran's order, and views with negative strides and with gaps"""

import numpy as np

from harness import Gradients, Network


def strided(m):
    """The same numbers, in every second place of a larger array."""
    wide = np.zeros((m.shape[0], 2 * m.shape[1]), m.dtype)
    wide[:, ::2] = m
    return wide[:, ::2]


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [strided(x)], []
    for layer in layers:
        z.append(np.asfortranarray(a[-1] @ np.asfortranarray(layer.w).T + layer.b))
        a.append(strided(layer.activation.f(z[-1])))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, (d[::-1].T @ a[l][::-1])[:, ::-1][:, ::-1])
        b.insert(0, np.asfortranarray(d).sum(axis=0))
        d = strided(d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
