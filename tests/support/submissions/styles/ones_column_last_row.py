"""A one after each input, the bias as the last row of weights [inputs, outputs]; declared"""

import numpy as np

LAYOUT = "in, out"
BIAS = "last row"


def with_one(a):
    return np.column_stack([a, np.ones(len(a), a.dtype)])


def backprop(network, x, t):
    theta = [np.vstack([layer.w.T, layer.b]) for layer in network.layers]
    a, z = [with_one(x)], []
    for m, layer in zip(theta, network.layers, strict=True):
        z.append(a[-1] @ m)
        a.append(with_one(layer.activation.f(z[-1])))
    d = a[-1][:, :-1] - t
    if not network.is_canonical:
        d = d * network.layers[-1].activation.slope(z[-1])
    gradients = []
    for l in range(len(theta) - 1, -1, -1):
        gradients.insert(0, a[l].T @ d)
        d = (d @ theta[l].T)[:, :-1] * network.layers[l - 1].activation.slope(z[l - 1]) if l else d
    return gradients, []
