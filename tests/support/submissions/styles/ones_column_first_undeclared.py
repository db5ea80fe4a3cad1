"""A one before each input, the bias as the first column of weights [outputs, inputs]; not declared"""

import numpy as np


def with_one(a):
    return np.hstack([np.ones((len(a), 1), a.dtype), a])


def backprop(network, x, t):
    theta = [np.hstack([layer.b[:, None], layer.w]) for layer in network.layers]
    a, z = [x], []
    for m, layer in zip(theta, network.layers, strict=True):
        z.append(with_one(a[-1]) @ m.T)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * network.layers[-1].activation.slope(z[-1])
    gradients = [d.T @ with_one(a[-2])]
    for l in range(len(theta) - 1, 0, -1):
        d = (d @ theta[l][:, 1:]) * network.layers[l - 1].activation.slope(z[l - 1])
        gradients.insert(0, d.T @ with_one(a[l - 1]))
    return gradients, []
