"""Samples as columns; the hidden deltas arrive in the opposite order of the neurons"""

import numpy as np

from harness import Gradients, Network

MISTAKE = None


class Column:
    def __init__(self, network, x):
        self.network = network
        self.a, self.z = [x], []
        for layer in network.layers:
            self.z.append(layer.w @ self.a[-1] + layer.b[:, None])
            self.a.append(layer.activation.f(self.z[-1].T).T)

    def deltas(self, y):
        layers = self.network.layers
        if self.network.is_canonical:
            found = [self.a[-1] - y]
        else:
            found = [self.network.cost.gradient(self.a[-1], y) * layers[-1].activation.slope(self.z[-1])]
        for l in range(len(layers) - 1, 0, -1):
            error = layers[l].w.T @ found[0]
            delta = error * layers[l - 1].activation.slope(self.z[l - 1])
            found.insert(0, np.flip(delta, axis=0))
        return found


def backprop(network: Network, x, t) -> Gradients:
    columns = Column(network, x.T)
    deltas = columns.deltas(t.T)
    return Gradients(
        w=[d @ a.T for d, a in zip(deltas, columns.a[:-1], strict=True)],
        b=[d.sum(axis=1) for d in deltas],
        delta=[d.T for d in deltas],
    )


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * dw for layer, dw in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * db for layer, db in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
