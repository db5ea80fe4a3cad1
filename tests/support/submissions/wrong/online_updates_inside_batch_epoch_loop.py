"""A loop over the samples of a batch; the weights move after each sample, before the next one is shown"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "online_updates_inside_batch"


def sample_gradient(network, W, b, x, y):
    acts = [layer.activation for layer in network.layers]
    a, z = [x], []
    for i in range(len(W)):
        z.append(np.dot(W[i], a[i]) + b[i])
        a.append(acts[i].f(z[i]))
    delta = a[-1] - y if network.is_canonical else network.cost.gradient(a[-1], y) * acts[-1].slope(z[-1])
    dW, db = [None] * len(W), [None] * len(W)
    for i in range(len(W) - 1, -1, -1):
        dW[i] = np.outer(delta, a[i])
        db[i] = delta
        if i > 0:
            delta = np.dot(delta, W[i]) * acts[i - 1].slope(z[i - 1])
    return dW, db


def parameters(network):
    return [layer.w.copy() for layer in network.layers], [layer.b.copy() for layer in network.layers]


def backprop(network: Network, x, t) -> Gradients:
    W, b = parameters(network)
    total_W, total_b = [np.zeros_like(m) for m in W], [np.zeros_like(v) for v in b]
    for sample, y in zip(x, t, strict=True):
        dW, db = sample_gradient(network, W, b, sample, y)
        for i in range(len(W)):
            total_W[i] += dW[i]
            total_b[i] += db[i]
    return Gradients(w=total_W, b=total_b)


def step(network: Network, x, t, learning_rate) -> Network:
    W, b = parameters(network)
    for sample, y in zip(x, t, strict=True):
        dW, db = sample_gradient(network, W, b, sample, y)
        for i in range(len(W)):
            W[i] -= learning_rate * dW[i]
            b[i] -= learning_rate * db[i]
    return network.with_parameters(W, b)
