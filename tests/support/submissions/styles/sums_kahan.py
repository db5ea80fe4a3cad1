"""Sums with Kahan's compensation"""

import numpy as np

from harness import Gradients, Network


def add_up(terms):
    total = lost = np.zeros_like(terms[0])
    for term in terms:
        corrected = term - lost
        next_total = total + corrected
        lost = (next_total - total) - corrected
        total = next_total
    return total


def times(a, b):
    return add_up([np.outer(a[:, k], b[k]) for k in range(len(b))])


def column_sums(d):
    return add_up([*d])


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(times(a[-1], layer.w.T) + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta[0] = delta[0] * layers[-1].activation.slope(z[-1])
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0], layers[l].w) * layers[l - 1].activation.slope(z[l - 1]))
    w = [times(d.T, i) for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [column_sums(d) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
