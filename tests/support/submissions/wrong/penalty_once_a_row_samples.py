"""A loop over the samples, which adds each one's gradient, and the penalty with each of them"""

import numpy as np

MISTAKE = "penalty_once_a_row"
L2 = 0.01


def add_sample(network, sample, target, grad_w, grad_b):
    values, sums, delta = [sample], [], None
    for layer in network.layers:
        sums.append(layer.w.dot(values[-1]) + layer.b)
        values.append(layer.activation.f(sums[-1][None, :])[0])
    for l in range(len(sums) - 1, -1, -1):
        layer = network.layers[l]
        if l < len(sums) - 1:
            delta = network.layers[l + 1].w.T.dot(delta) * layer.activation.slope(sums[l])
        elif network.is_canonical:
            delta = values[-1] - target
        else:
            delta = network.cost.gradient(values[-1], target) * layer.activation.slope(sums[l])
        grad_w[l] += np.outer(delta, values[l]) + L2 * layer.w
        grad_b[l] += delta


def backprop(network, x, t):
    grad_w = [np.zeros_like(layer.w) for layer in network.layers]
    grad_b = [np.zeros_like(layer.b) for layer in network.layers]
    for sample, target in zip(x, t, strict=True):
        add_sample(network, sample, target, grad_w, grad_b)
    return grad_w, grad_b


def step(network, x, t, learning_rate):
    grad_w, grad_b = backprop(network, x, t)
    layers = network.layers
    return (
        [layer.w - learning_rate * g for layer, g in zip(layers, grad_w, strict=True)],
        [layer.b - learning_rate * g for layer, g in zip(layers, grad_b, strict=True)],
    )
