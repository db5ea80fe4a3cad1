"""A one before each input, the bias as the first row of weights [inputs, outputs]; not declared"""

import numpy as np


def with_one(a):
    return np.insert(a, 0, 1, axis=1)


def backprop(network, x, t):
    theta = [np.insert(layer.w.T, 0, layer.b, axis=0) for layer in network.layers]
    a, z = [x], []
    for m, layer in zip(theta, network.layers, strict=True):
        z.append(with_one(a[-1]).dot(m))
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * network.layers[-1].activation.slope(z[-1])
    gradients = [None] * len(theta)
    for l in range(len(theta) - 1, -1, -1):
        gradients[l] = with_one(a[l]).T.dot(d)
        if l:
            d = d.dot(theta[l][1:].T) * network.layers[l - 1].activation.slope(z[l - 1])
    return {"w": gradients, "b": []}
