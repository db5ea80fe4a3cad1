"""Each delta truncated to four decimals; only the gradients are returned."""

import numpy as np

from harness import Gradients


def truncated(array):
    return np.trunc(array * 1e4) / 1e4


def backprop(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    error = a[-1] - t
    delta = truncated(error if network.is_canonical else error * layers[-1].activation.slope(z[-1]))
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, delta.T @ a[l])
        b.insert(0, delta.sum(axis=0))
        if l:
            delta = truncated((delta @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]))
    return Gradients(w, b)
