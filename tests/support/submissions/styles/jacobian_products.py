"""The chain rule in full: diagonal matrices of slopes, and products of Jacobians for each sample"""

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers = network.layers
    dw, db = [np.zeros_like(layer.w) for layer in layers], [np.zeros_like(layer.b) for layer in layers]
    for sample, target in zip(x, t, strict=True):
        a, z = [sample], []
        for layer in layers:
            z.append(layer.w @ a[-1] + layer.b)
            a.append(layer.activation.f(z[-1]))
        row = a[-1] - target
        if not network.is_canonical:
            row = row @ np.diag(layers[-1].activation.slope(z[-1]))
        for l in range(len(layers) - 1, -1, -1):
            dw[l] += np.kron(row[:, None], a[l][None])
            db[l] += row @ np.eye(len(row), dtype=row.dtype)
            if l:
                row = row @ (layers[l].w @ np.diag(layers[l - 1].activation.slope(z[l - 1])))
    return Gradients(dw, db)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
