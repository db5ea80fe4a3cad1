"""The cost is the mean over the rows, by np.mean of one gradient for each sample; not declared"""

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, np.mean(d[:, :, None] * a[l][:, None, :], axis=0))
        b.insert(0, np.mean(d, axis=0))
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
