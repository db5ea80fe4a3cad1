"""All parameters in one vector for an optimizer; the penalty's gradient is λ times all of it, biases included"""

import numpy as np

MISTAKE = "penalty_on_biases"
L2 = 0.5


def pack(pairs):
    return np.concatenate([part.ravel() for pair in pairs for part in pair])


def unpack(vector, network):
    start = 0
    for layer in network.layers:
        for part in (layer.w, layer.b):
            yield vector[start : start + part.size].reshape(part.shape)
            start += part.size


def objective_gradient(theta, network, x, t):
    parts = list(unpack(theta, network))
    weights, biases = parts[::2], parts[1::2]
    a, slopes = [x], []
    for w, b, layer in zip(weights, biases, network.layers, strict=True):
        z = a[-1] @ w.T + b
        a.append(layer.activation.f(z))
        slopes.append(layer.activation.slope(z) if layer.activation.slope else None)
    back = a[-1] - t if network.is_canonical else network.cost.gradient(a[-1], t) * slopes[-1]
    pairs = []
    for l in reversed(range(len(weights))):
        pairs.insert(0, (back.T @ a[l], back.sum(axis=0)))
        back = back @ weights[l] * slopes[l - 1] if l else None
    return pack(pairs) + L2 * theta


def backprop(network, x, t):
    theta = pack([(layer.w, layer.b) for layer in network.layers])
    parts = list(unpack(objective_gradient(theta, network, x, t), network))
    return parts[::2], parts[1::2]


def step(network, x, t, learning_rate):
    theta = pack([(layer.w, layer.b) for layer in network.layers])
    parts = list(unpack(theta - learning_rate * objective_gradient(theta, network, x, t), network))
    return parts[::2], parts[1::2]
