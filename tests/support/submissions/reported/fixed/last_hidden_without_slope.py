"""Deltas in a dictionary by layer; columns, with δ^L = a − t where that is the delta"""

import numpy as np

from harness import Gradients, Network

SOURCE = "https://stats.stackexchange.com/questions/550353"


def back_prop(y, a, z, network):
    w, d, d_w, d_b = [layer.w for layer in network.layers], {}, {}, {}
    last = len(w)
    d[last] = a[last] - y.T
    if not network.is_canonical:
        d[last] = d[last] * network.layers[-1].activation.slope(z[last])
    for i in range(last - 1, -1, -1):
        if i != 0:
            d[i] = w[i].T.dot(d[i + 1]) * network.layers[i - 1].activation.slope(z[i])
        d_w[i] = d[i + 1].dot(a[i].T)
        d_b[i] = np.sum(d[i + 1], axis=1)
    return [d_w[i] for i in range(last)], [d_b[i] for i in range(last)]


def backprop(network: Network, x, t) -> Gradients:
    z, a = {}, {0: x.T}
    for i, layer in enumerate(network.layers, start=1):
        z[i] = layer.w.dot(a[i - 1]) + layer.b[:, None]
        a[i] = layer.activation.f(z[i].T).T
    return Gradients(*back_prop(t, a, z, network))
