"""All parameters in one flat vector; the biases' part of the gradient is a mean, the weights' part a sum"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "bias_mean_weights_sum"


def flatten(w, b):
    return np.concatenate([np.ravel(part) for pair in zip(w, b, strict=True) for part in pair])


def unflatten(theta, network):
    w, b, start = [], [], 0
    for layer in network.layers:
        rows, columns = layer.w.shape
        stop = start + rows * columns
        w.append(theta[start:stop].reshape(rows, columns))
        b.append(theta[stop : stop + rows])
        start = stop + rows
    return w, b


def gradient(theta, network, x, t):
    """The gradient as one vector in the order of theta, and the deltas."""
    w, b = unflatten(theta, network)
    f = [layer.activation for layer in network.layers]
    a, z = [x], []
    for l in range(len(w)):
        z.append(a[l] @ w[l].T + b[l])
        a.append(f[l].f(z[l]))

    delta = a[-1] - t
    if not network.is_canonical:
        delta = network.cost.gradient(a[-1], t) * f[-1].slope(z[-1])
    deltas = [delta]
    for l in range(len(w) - 1, 0, -1):
        deltas.insert(0, (deltas[0] @ w[l]) * f[l - 1].slope(z[l - 1]))

    dw = [d.T @ inputs for d, inputs in zip(deltas, a[:-1], strict=True)]
    db = [d.mean(axis=0) for d in deltas]
    return flatten(dw, db), deltas


def start_of(network):
    return flatten([layer.w for layer in network.layers], [layer.b for layer in network.layers])


def backprop(network: Network, x, t) -> Gradients:
    vector, deltas = gradient(start_of(network), network, x, t)
    w, b = unflatten(vector, network)
    return Gradients(w, b, deltas)


def step(network: Network, x, t, learning_rate) -> Network:
    theta = start_of(network)
    vector, _ = gradient(theta, network, x, t)
    return network.with_parameters(*unflatten(theta - learning_rate * vector, network))
