"""The solution of an exercise in gradient checking: columns, mean over the examples"""

import numpy as np

from harness import Gradients, Network

SOURCE = "deeplearning.ai, Improving Deep Neural Networks, Gradient Checking"


def backprop(network: Network, x, t) -> Gradients:
    m, A, Z = len(x), [x.T], []
    for layer in network.layers:
        Z.append(np.dot(layer.w, A[-1]) + layer.b[:, None])
        A.append(layer.activation.f(Z[-1].T).T)
    dZ = A[-1] - t.T
    if not network.is_canonical:
        dZ = dZ * network.layers[-1].activation.slope(Z[-1])
    grads = {}
    for l in range(len(network.layers), 0, -1):
        grads["W", l] = 1.0 / m * np.dot(dZ, A[l - 1].T)
        grads["b", l] = 1.0 / m * np.sum(dZ, axis=1)
        if l > 1:
            dZ = np.dot(network.layers[l - 1].w.T, dZ) * network.layers[l - 2].activation.slope(Z[l - 2])
    layers = range(1, len(network.layers) + 1)
    return Gradients([grads["W", l] for l in layers], [grads["b", l] for l in layers])
