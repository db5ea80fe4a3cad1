"""Right gradients, rounded down to four decimals."""

import numpy as np

from harness import Gradients


def floor(array):
    return np.floor(array * 1e4) / 1e4


def backprop(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, floor(delta.T @ a[l]))
        b.insert(0, floor(delta.sum(axis=0)))
        if l:
            delta = (delta @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1])
    return Gradients(w, b)
