"""Plain loops; each neuron's error is shared out among the neurons below in proportion to the weights"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "error_split_by_weight_share"


def share(w, e):
    """The part of the errors e, one for each neuron, that falls to each neuron of the layer below."""
    below = [0.0] * len(w[0])
    for k in range(len(e)):
        total = sum(abs(w[k][i]) for i in range(len(w[k])))
        for j in range(len(below)):
            below[j] += w[k][j] / total * e[k]
    return np.array(below)


def one_sample(network, x, t):
    signals, z = [x], []
    for layer in network.layers:
        z.append(np.array([sum(layer.w[j] * signals[-1]) + layer.b[j] for j in range(len(layer.b))]))
        signals.append(layer.activation.f(z[-1]))

    top = len(z) - 1
    canonical = network.is_canonical
    error = signals[-1] - t if canonical else network.cost.gradient(signals[-1], t)
    deltas = [None] * len(z)
    for l in range(top, -1, -1):
        if l == top and canonical:
            deltas[l] = error
        else:
            deltas[l] = error * network.layers[l].activation.slope(z[l])
        error = share(network.layers[l].w, error)
    return signals, deltas


def backprop(network: Network, x, t) -> Gradients:
    w = [np.zeros(layer.w.shape) for layer in network.layers]
    b = [np.zeros(layer.b.shape) for layer in network.layers]
    for i in range(len(x)):
        signals, deltas = one_sample(network, x[i], t[i])
        for l in range(len(w)):
            for j in range(len(b[l])):
                b[l][j] += deltas[l][j]
                for k in range(len(signals[l])):
                    w[l][j][k] += deltas[l][j] * signals[l][k]
    return Gradients(w, b)
