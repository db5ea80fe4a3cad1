"""Bias as an extra column of ones; the ones are left out when the gradient is formed"""

import numpy as np

from harness import Gradients

MISTAKE = "bias_not_an_input"


def add_ones(X):
    return np.concatenate([X, np.ones((X.shape[0], 1))], axis=1)


def theta_of(layer):
    """(inputs + 1, outputs): the last row is the bias."""
    return np.concatenate([layer.w.T, layer.b[None, :]], axis=0)


def grads(network, X, Y):
    thetas = [theta_of(layer) for layer in network.layers]
    acts = [layer.activation for layer in network.layers]
    L = len(thetas)

    values, nets = {0: X}, {}
    for i in range(L):
        nets[i] = add_ones(values[i]) @ thetas[i]
        values[i + 1] = acts[i].f(nets[i])

    if network.is_canonical:
        d = values[L] - Y
    else:
        d = network.cost.gradient(values[L], Y) * acts[-1].slope(nets[L - 1])

    out = [np.zeros_like(theta) for theta in thetas]
    for i in reversed(range(L)):
        out[i][: values[i].shape[1]] += values[i].T @ d
        if i > 0:
            d = (d @ thetas[i][:-1].T) * acts[i - 1].slope(nets[i - 1])
    return thetas, out


def backprop(network, x, t):
    _, g = grads(network, x, t)
    return Gradients(w=[m[:-1].T for m in g], b=[m[-1] for m in g])


def step(network, x, t, learning_rate):
    thetas, g = grads(network, x, t)
    new = [theta - learning_rate * m for theta, m in zip(thetas, g, strict=True)]
    return network.with_parameters([m[:-1].T for m in new], [m[-1] for m in new])
