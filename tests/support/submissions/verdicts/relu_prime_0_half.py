"""The derivative of relu at 0 is ½, another subgradient than 0"""

import numpy as np

from harness import Gradients, Network


def slope(layer, z):
    if "relu" in layer.activation.name:
        return np.where(z == 0, 0.5, layer.activation.slope(z))
    return layer.activation.slope(z)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    if network.is_canonical:
        delta = [a[-1] - t]
    else:
        delta = [network.cost.gradient(a[-1], t) * slope(layers[-1], z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * slope(layers[l], z[l]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    b = [d.sum(axis=0) for d in delta]
    return Gradients(w, b, delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
