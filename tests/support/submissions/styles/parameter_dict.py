"""Dictionaries of parameters, caches and gradients, as the courses have them; examples in columns, mean declared"""

import numpy as np

REDUCTION = "mean"


def forward(parameters, activations, X):
    cache = {"A0": X}
    for l, g in enumerate(activations, start=1):
        cache[f"Z{l}"] = np.dot(parameters[f"W{l}"], cache[f"A{l - 1}"]) + parameters[f"b{l}"]
        cache[f"A{l}"] = g.f(cache[f"Z{l}"].T).T
    return cache


def backward(parameters, cache, activations, Y, canonical):
    m, L, grads = Y.shape[1], len(activations), {}
    dZ = cache[f"A{L}"] - Y
    if not canonical:
        dZ = dZ * activations[-1].slope(cache[f"Z{L}"])
    for l in range(L, 0, -1):
        grads[f"dW{l}"] = 1 / m * np.dot(dZ, cache[f"A{l - 1}"].T)
        grads[f"db{l}"] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        if l > 1:
            dZ = np.dot(parameters[f"W{l}"].T, dZ) * activations[l - 2].slope(cache[f"Z{l - 1}"])
    return grads


def backprop(network, x, t):
    activations, layers = [layer.activation for layer in network.layers], range(1, len(network.layers) + 1)
    parameters = {f"W{l}": layer.w for l, layer in enumerate(network.layers, start=1)}
    parameters |= {f"b{l}": layer.b[:, None] for l, layer in enumerate(network.layers, start=1)}
    cache = forward(parameters, activations, x.T)
    grads = backward(parameters, cache, activations, t.T, network.is_canonical)
    return {"w": [grads[f"dW{l}"] for l in layers], "b": [grads[f"db{l}"][:, 0] for l in layers]}
