"""One sample at a time, as vectors and outer products; it refuses a batch"""

import numpy as np

from harness import Gradients, Network, Unsupported


def backprop(network: Network, x, t) -> Gradients:
    if len(x) > 1:
        raise Unsupported("one sample at a time")
    layers, a, z = network.layers, [x[0]], []
    for layer in layers:
        z.append(layer.w @ a[-1] + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t[0] if network.is_canonical else (a[-1] - t[0]) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, np.outer(d, a[l]))
        b.insert(0, d)
        d = (layers[l].w.T @ d) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
