"""Cross-entropy in its divided form (a − t) / (a (1 − a)) · a (1 − a), but a − t where a is 0 or 1"""

import numpy as np

from harness import Gradients, Network


def output_delta(network, z, a, t):
    if network.cost.name != "binary_cross_entropy":
        slope = network.layers[-1].activation.slope
        return a - t if network.is_canonical else (a - t) * slope(z)
    denominator = a * (1 - a)
    safe = denominator > 0
    divided = (a - t) / np.where(safe, denominator, 1)
    return np.where(safe, divided * denominator, a - t)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [output_delta(network, z[-1], a[-1], t)]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [d.sum(axis=0) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
