"""A net without biases, in which the slope of the hidden layers is missing"""

import numpy as np

from harness import Gradients, Network

SOURCE = "https://iamtrask.github.io/2015/07/12/basic-python-network"


def backprop(network: Network, x, t) -> Gradients:
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * network.layers[-1].activation.slope(z[-1])
    dw, db = [], []
    for l in range(len(z) - 1, -1, -1):
        dw.insert(0, d.T @ a[l])
        db.insert(0, np.zeros_like(network.layers[l].b))
        if l:
            d = d @ network.layers[l].w
    return Gradients(dw, db)
