"""The gradient of the mean over the batch, as one flat vector of parameters"""

import numpy as np

from harness import Gradients, Network

REDUCTION = "mean"


class Parameters:
    """Views into one vector: W and b of every layer."""

    def __init__(self, network):
        self.shapes = [layer.w.shape for layer in network.layers]
        self.vector = np.concatenate([np.append(layer.w.ravel(), layer.b) for layer in network.layers])

    def views(self, vector):
        w, b, position = [], [], 0
        for outputs, inputs in self.shapes:
            w.append(vector[position : position + outputs * inputs].reshape(outputs, inputs))
            position += outputs * inputs
            b.append(vector[position : position + outputs])
            position += outputs
        return w, b


def mean_gradient(parameters, network, X, Y):
    w, b = parameters.views(parameters.vector)
    gradient = np.zeros_like(parameters.vector)
    dw, db = parameters.views(gradient)
    f = [layer.activation for layer in network.layers]

    A, Z = [X], []
    for l in range(len(w)):
        Z.append(A[l] @ w[l].T + b[l])
        A.append(f[l].f(Z[l]))

    if network.is_canonical:
        D = (A[-1] - Y) / len(X)
    else:
        D = network.cost.gradient(A[-1], Y) * f[-1].slope(Z[-1]) / len(X)
    for l in reversed(range(len(w))):
        dw[l][:] = D.T @ A[l]
        db[l][:] = D.sum(axis=0)
        if l > 0:
            D = D @ w[l] * f[l - 1].slope(Z[l - 1])
    return gradient


def backprop(network: Network, x, t) -> Gradients:
    parameters = Parameters(network)
    return Gradients(*parameters.views(mean_gradient(parameters, network, x, t)))


def step(network: Network, x, t, learning_rate) -> Network:
    parameters = Parameters(network)
    moved = parameters.vector - learning_rate * mean_gradient(parameters, network, x, t)
    return network.with_parameters(*parameters.views(moved))
