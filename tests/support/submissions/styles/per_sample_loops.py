"""One sample after the other, one neuron after the other, one weight after the other"""

import numpy as np

from harness import Gradients, Network


def add_sample(network, x, t, dw, db):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(np.array([np.dot(layer.w[j], a[-1]) + layer.b[j] for j in range(len(layer.b))]))
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    for l in range(len(layers) - 1, -1, -1):
        for j in range(len(d)):
            db[l][j] += d[j]
            for k in range(len(a[l])):
                dw[l][j, k] += d[j] * a[l][k]
        if l:
            back = [sum(d[j] * layers[l].w[j, k] for j in range(len(d))) for k in range(len(a[l]))]
            d = np.array(back) * layers[l - 1].activation.slope(z[l - 1])


def backprop(network: Network, x, t) -> Gradients:
    dw, db = [np.zeros_like(layer.w) for layer in network.layers], [np.zeros_like(layer.b) for layer in network.layers]
    for sample, target in zip(x, t, strict=True):
        add_sample(network, sample, target, dw, db)
    return Gradients(dw, db)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
