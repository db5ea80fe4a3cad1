"""Theta with the biases as first column, as in the Octave course; that column is set to 1, not 0, in the penalty"""

import numpy as np

from harness import Gradients

MISTAKE = "penalty_of_ones_on_biases"
REDUCTION = "mean"
BIAS = "first column"
L2 = 1.5
L2_DIVIDED = True


def with_ones(a):
    return np.c_[np.ones((len(a), 1)), a]


def gradients(thetas, network, X, Y, reg):
    m, a, z = len(X), [with_ones(X)], []
    for theta, layer in zip(thetas, network.layers, strict=True):
        z.append(a[-1] @ theta.T)
        a.append(with_ones(layer.activation.f(z[-1])))
    h = a[-1][:, 1:]
    d = h - Y if network.is_canonical else network.cost.gradient(h, Y) * network.layers[-1].activation.slope(z[-1])
    grads = []
    for l in range(len(thetas) - 1, -1, -1):
        theta = np.c_[np.ones((len(thetas[l]), 1)), thetas[l][:, 1:]]
        grads.insert(0, d.T @ a[l] / m + theta * reg / m)
        if l:
            d = (d @ thetas[l])[:, 1:] * network.layers[l - 1].activation.slope(z[l - 1])
    return grads


def backprop(network, x, t):
    thetas = [np.c_[layer.b, layer.w] for layer in network.layers]
    return Gradients(w=gradients(thetas, network, x, t, L2), b=[])
