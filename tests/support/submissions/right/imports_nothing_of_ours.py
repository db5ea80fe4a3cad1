"""Plain functions and dictionaries, and no import but NumPy's"""

import numpy as np

REDUCTION = "mean"


def forward(params, x):
    cache = [(None, x)]
    for p in params:
        z = np.dot(cache[-1][1], p["W"].T) + p["b"]
        cache.append((z, p["g"].f(z)))
    return cache


def gradients(network, X, Y):
    if network.cost.name == "binary_cross_entropy":
        raise NotImplementedError("squared error and softmax only")
    params = [{"W": layer.w, "b": layer.b, "g": layer.activation} for layer in network.layers]
    m, cache = X.shape[0], forward(params, X)
    Z, A = cache[-1]
    dZ = A - Y if network.is_canonical else network.cost.gradient(A, Y) * params[-1]["g"].slope(Z)
    grads = {"w": [], "b": [], "delta": []}
    for i in range(len(params) - 1, -1, -1):
        grads["w"].insert(0, np.dot(dZ.T, cache[i][1]) / m)
        grads["b"].insert(0, np.sum(dZ, axis=0) / m)
        grads["delta"].insert(0, dZ)
        if i:
            dZ = np.dot(dZ, params[i]["W"]) * params[i - 1]["g"].slope(cache[i][0])
    return grads


def backprop(network, x, t):
    return gradients(network, x, t)


def step(network, x, t, learning_rate):
    grads = gradients(network, x, t)
    w = [layer.w - learning_rate * dw for layer, dw in zip(network.layers, grads["w"], strict=True)]
    b = [layer.b - learning_rate * db for layer, db in zip(network.layers, grads["b"], strict=True)]
    return w, b
