"""Samples as columns; the delta is sent back by dividing by the weights

Forward multiplies by W, so backward has to undo that: the pseudo-inverse takes the delta to the layer below.
"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "inverse_where_transpose_belongs"


class ColumnNet:
    def __init__(self, network):
        self.network = network
        self.W = [layer.w for layer in network.layers]
        self.b = [layer.b[:, None] for layer in network.layers]
        self.acts = [layer.activation for layer in network.layers]

    def feed(self, X):
        self.Z, self.A = [], [X]
        for W, b, act in zip(self.W, self.b, self.acts, strict=True):
            self.Z.append(W @ self.A[-1] + b)
            self.A.append(act.f(self.Z[-1].T).T)

    def deltas(self, Y):
        out = self.A[-1] - Y
        if not self.network.is_canonical:
            out = self.network.cost.gradient(self.A[-1], Y) * self.acts[-1].slope(self.Z[-1])
        D = [out]
        for l in range(len(self.W) - 1, 0, -1):
            back = np.linalg.pinv(self.W[l]) @ D[0]
            D.insert(0, back * self.acts[l - 1].slope(self.Z[l - 1]))
        return D


def backprop(network: Network, x, t) -> Gradients:
    net = ColumnNet(network)
    net.feed(x.T)
    D = net.deltas(t.T)
    return Gradients(
        w=[d @ a.T for d, a in zip(D, net.A[:-1], strict=True)],
        b=[d.sum(axis=1) for d in D],
        delta=[d.T for d in D],
    )


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    return network.with_parameters(
        [W - learning_rate * dW for W, dW in zip([layer.w for layer in network.layers], g.w, strict=True)],
        [b - learning_rate * db for b, db in zip([layer.b for layer in network.layers], g.b, strict=True)],
    )
