"""The sigmoid as 1 − 1 / (1 + e^z), its slope as a (1 − a)"""

import numpy as np

from harness import Gradients, Network


def f(layer, z):
    if layer.activation.name != "sigmoid":
        return layer.activation.f(z)
    with np.errstate(over="ignore"):
        return 1 - 1 / (1 + np.exp(z))


def slope(layer, z, a):
    return a * (1 - a) if layer.activation.name == "sigmoid" else layer.activation.slope(z)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(f(layer, z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta[0] = network.cost.gradient(a[-1], t) * slope(layers[-1], z[-1], a[-1])
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * slope(layers[l], z[l], a[l + 1]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [d.sum(axis=0) for d in delta], delta, z, a[1:])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
