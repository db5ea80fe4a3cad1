"""Recursion over the layers, lists of floats, one sample at a time; no slope in the hidden layers"""

import numpy as np

from harness import Gradients

MISTAKE = "sigma_prime_missing_in_hidden"


def dot(u, v):
    return sum(p * q for p, q in zip(u, v, strict=True))


def descend(network, depth, a, y):
    """Return the error at the inputs of this layer, and (delta, inputs) of this layer and all above it."""
    layer = network.layers[depth]
    z = np.array([dot(row, a) + b for row, b in zip(layer.w, layer.b, strict=True)])
    out = layer.activation.f(z)
    if depth == len(network.layers) - 1:
        if network.is_canonical:
            delta = out - y
        else:
            delta = network.cost.gradient(out, y) * layer.activation.slope(z)
        above = []
    else:
        delta, above = descend(network, depth + 1, out, y)
    error = np.array([dot(column, delta) for column in layer.w.T])
    return error, [(delta, a), *above]


def backprop(network, x, t):
    w = [np.zeros_like(layer.w) for layer in network.layers]
    b = [np.zeros_like(layer.b) for layer in network.layers]
    deltas = [[] for _ in network.layers]
    for sample, y in zip(x, t, strict=True):
        _, found = descend(network, 0, sample, y)
        for i, (delta, inputs) in enumerate(found):
            deltas[i].append(delta)
            for j in range(len(delta)):
                b[i][j] += delta[j]
                for k in range(len(inputs)):
                    w[i][j, k] += delta[j] * inputs[k]
    return Gradients(w=w, b=b, delta=[np.array(rows) for rows in deltas])
