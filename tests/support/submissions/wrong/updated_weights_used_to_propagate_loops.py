"""Plain loops over neurons; backprop is right, but step updates a layer before its deltas go on to the one below"""

import numpy as np

from harness import Gradients

MISTAKE = "updated_weights_used_to_propagate"


def run(network, x):
    a, z = [x], []
    for layer in network.layers:
        sums = np.zeros((len(x), len(layer.b)))
        for s in range(len(x)):
            for j in range(len(layer.b)):
                sums[s, j] = layer.b[j]
                for k in range(a[-1].shape[1]):
                    sums[s, j] += layer.w[j, k] * a[-1][s, k]
        z.append(sums)
        a.append(layer.activation.f(sums))
    return a, z


def delta_at(network, l, w, above, a, z, t):
    """The deltas of layer l (from 0), given the weights w and the deltas of the layer above it."""
    activation = network.layers[l].activation
    if above is None:
        if network.is_canonical:
            return a[-1] - t
        return network.cost.gradient(a[-1], t) * activation.slope(z[l])
    error = np.zeros_like(z[l])
    for s in range(error.shape[0]):
        for k in range(error.shape[1]):
            for j in range(above.shape[1]):
                error[s, k] += w[l + 1][j, k] * above[s, j]
    return error * activation.slope(z[l])


def layer_gradient(delta, inputs):
    w = np.zeros((delta.shape[1], inputs.shape[1]))
    for j in range(w.shape[0]):
        for k in range(w.shape[1]):
            w[j, k] = sum(delta[s, j] * inputs[s, k] for s in range(len(delta)))
    return w, np.array([sum(delta[:, j]) for j in range(delta.shape[1])])


def backprop(network, x, t):
    a, z = run(network, x)
    w, delta, found = [layer.w for layer in network.layers], None, []
    for l in reversed(range(len(w))):
        delta = delta_at(network, l, w, delta, a, z, t)
        found.insert(0, (*layer_gradient(delta, a[l]), delta))
    return Gradients(*zip(*found, strict=True))


def step(network, x, t, learning_rate):
    a, z = run(network, x)
    w, b = [layer.w.copy() for layer in network.layers], [layer.b.copy() for layer in network.layers]
    delta = None
    for l in reversed(range(len(w))):
        delta = delta_at(network, l, w, delta, a, z, t)
        dw, db = layer_gradient(delta, a[l])
        w[l] -= learning_rate * dw
        b[l] -= learning_rate * db
    return network.with_parameters(w, b)
