"""Matrix products with one sample per row, and the bias as the last row of W"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "Roland Szabo, Neural networks in Python, rolisz.ro/2013/04/18/neural-networks-in-python, 2013"


def with_ones(a):
    """[n, k] -> [n, k + 1]: a column of ones, which multiplies the bias row of W."""
    return np.hstack([a, np.ones((len(a), 1), dtype=a.dtype)])


def gradients(network, x, t):
    """The weights [n_{l-1} + 1, n_l], their gradients in the same shape, and the deltas [n, n_l]."""
    if network.cost.name != "half_squared_error":
        raise Unsupported("the article has the squared error only")
    weights = [np.vstack([layer.w.T, layer.b]) for layer in network.layers]
    activations = [layer.activation for layer in network.layers]

    a = [x]
    for w, activation in zip(weights, activations, strict=True):
        a.append(activation.f(with_ones(a[-1]) @ w))

    error = a[-1] - t
    deltas = [error * activations[-1].slope_from_output(a[-1])]  # BP1
    for l in range(len(weights) - 1, 0, -1):
        back = (deltas[-1] @ weights[l].T)[:, :-1]  # without the bias row
        deltas.append(back * activations[l - 1].slope_from_output(a[l]))  # BP2
    deltas.reverse()

    return weights, [with_ones(A).T @ D for A, D in zip(a[:-1], deltas, strict=True)], deltas  # BP3, BP4


def backprop(network: Network, x, t) -> Gradients:
    _, gradient, deltas = gradients(network, x, t)
    return Gradients(w=[g[:-1].T for g in gradient], b=[g[-1] for g in gradient], delta=deltas)


def step(network: Network, x, t, learning_rate) -> Network:
    weights, gradient, _ = gradients(network, x, t)
    moved = [w - learning_rate * g for w, g in zip(weights, gradient, strict=True)]  # rule
    return network.with_parameters(w=[w[:-1].T for w in moved], b=[w[-1] for w in moved])
