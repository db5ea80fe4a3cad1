"""Where a hidden layer has one neuron its matrices become vectors, and their product a single number"""

import numpy as np

from harness import Gradients, Network

SOURCE = "https://github.com/maddin79/darch/pull/2"


def times(back, slope):
    """The elementwise product in a language that drops a matrix with one column to a vector."""
    if back.shape[1] == 1:
        return np.full_like(back, (back * slope).sum())
    return back * slope


def backprop(network: Network, x, t) -> Gradients:
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * network.layers[-1].activation.slope(z[-1])
    dw, db = [], []
    for l in range(len(z) - 1, -1, -1):
        dw.insert(0, d.T @ a[l])
        db.insert(0, d.sum(axis=0))
        if l:
            d = times(d @ network.layers[l].w, network.layers[l - 1].activation.slope(z[l - 1]))
    return Gradients(dw, db)
