"""Probabilities are clipped to [1e-7, 1 − 1e-7] before they divide, as Keras clips them"""

import numpy as np

from harness import Gradients, Network

EPSILON = 1e-7


def output_delta(network, z, a, t):
    """The divided forms (p − t) / (p (1 − p)) and −t / p, times the derivative of the output."""
    p = np.clip(a, EPSILON, 1 - EPSILON)
    if network.cost.name == "binary_cross_entropy":
        return (p - t) / (p * (1 - p)) * a * (1 - a)
    if network.cost.name == "cross_entropy":
        g = -t / p
        return a * (g - (g * a).sum(axis=1, keepdims=True))
    return (a - t) * network.layers[-1].activation.slope(z)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [output_delta(network, z[-1], a[-1], t)]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    b = [d.sum(axis=0) for d in delta]
    return Gradients(w, b, delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
