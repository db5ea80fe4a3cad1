"""np.matrix, where * is the matrix product"""

import warnings

import numpy as np


def backprop(network, x, t):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return with_matrices(network, np.matrix(x), np.matrix(t))


def with_matrices(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] * np.matrix(layer.w).T + layer.b)
        a.append(np.matrix(layer.activation.f(np.asarray(z[-1]))))
    d = a[-1] - t
    if not network.is_canonical:
        d = np.multiply(d, layers[-1].activation.slope(np.asarray(z[-1])))
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, d.T * a[l])
        b.insert(0, d.sum(axis=0).A1)
        if l:
            d = np.multiply(d * np.matrix(layers[l].w), layers[l - 1].activation.slope(np.asarray(z[l - 1])))
    return w, b
