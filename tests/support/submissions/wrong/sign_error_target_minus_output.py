"""The error is target minus output, and the change is subtracted all the same: step climbs"""

import numpy as np

from harness import Network

MISTAKE = "sign_error"


def train_on_batch(syn, bias, network, X, y, alpha):
    levels = [X]
    sums = []
    for s, b, layer in zip(syn, bias, network.layers, strict=True):
        sums.append(np.dot(levels[-1], s) + b)
        levels.append(layer.activation.f(sums[-1]))

    if network.is_canonical:
        l_delta = y - levels[-1]
    else:
        l_delta = -network.cost.gradient(levels[-1], y) * network.layers[-1].activation.slope(sums[-1])

    changes = []
    for i in range(len(syn) - 1, -1, -1):
        changes.append((i, levels[i].T.dot(l_delta), l_delta.sum(axis=0)))
        if i > 0:
            l_error = l_delta.dot(syn[i].T)
            l_delta = l_error * network.layers[i - 1].activation.slope(sums[i - 1])

    for i, change, bias_change in changes:
        syn[i] -= alpha * change
        bias[i] -= alpha * bias_change


def step(network: Network, x, t, learning_rate) -> Network:
    syn = [layer.w.T.copy() for layer in network.layers]
    bias = [layer.b.copy() for layer in network.layers]
    train_on_batch(syn, bias, network, x, t, learning_rate)
    return network.with_parameters([s.T for s in syn], bias)
