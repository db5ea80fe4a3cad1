"""relu layers with a linear output and squared error, columns; nothing else"""

import numpy as np


def backprop(network, x, t):
    *hidden, output = [layer.activation.name for layer in network.layers]
    if not hidden or {*hidden} != {"relu"} or output != "identity":
        raise NotImplementedError("relu layers with a linear output only")
    a, z = [x.T], []
    for layer in network.layers:
        z.append(np.dot(layer.w, a[-1]) + layer.b.reshape(-1, 1))
        a.append(np.maximum(0, z[-1]))
    d, w, b = z[-1] - t.T, [], []
    for l in range(len(z) - 1, -1, -1):
        w.insert(0, np.dot(d, a[l].T))
        b.insert(0, d.sum(axis=1))
        if l:
            d = np.dot(network.layers[l].w.T, d)
            d[z[l - 1] <= 0] = 0
    return w, b
