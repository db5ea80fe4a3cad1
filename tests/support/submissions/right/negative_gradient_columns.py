"""Target minus output: everything is the negative gradient, and the change is added to the weights"""

import numpy as np

from harness import Gradients

SIGN = "negative"


def column(vector):
    return vector.reshape(len(vector), 1)


def changes(network, X, T):
    """For samples as columns: what improves the weights and the biases of each layer, and the deltas."""
    O, net = [X], []
    for layer in network.layers:
        net.append(np.dot(layer.w, O[-1]) + column(layer.b))
        O.append(layer.activation.f(net[-1].T).T)

    if network.is_canonical:
        delta = T - O[-1]
    else:
        delta = -network.cost.gradient(O[-1], T) * network.layers[-1].activation.slope(net[-1])

    found = []
    for l in range(len(network.layers) - 1, -1, -1):
        found.append((np.dot(delta, O[l].T), delta.sum(axis=1), delta))
        if l > 0:
            delta = np.dot(network.layers[l].w.T, delta) * network.layers[l - 1].activation.slope(net[l - 1])
    return found[::-1]


def backprop(network, x, t):
    found = changes(network, x.T, t.T)
    return Gradients(w=[w for w, _, _ in found], b=[b for _, b, _ in found], delta=[d.T for _, _, d in found])


def step(network, x, t, learning_rate):
    new_w, new_b = [], []
    for layer, (w, b, _) in zip(network.layers, changes(network, x.T, t.T), strict=True):
        new_w.append(layer.w + learning_rate * w)
        new_b.append(layer.b + learning_rate * b)
    return network.with_parameters(new_w, new_b)
