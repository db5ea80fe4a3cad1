"""An exercise in gradient checking: ∂C/∂W of layer 2 is doubled, ∂C/∂b of layer 1 is 4 times too large"""

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
        grads["W", l] = 1.0 / m * np.dot(dZ, A[l - 1].T) * (2 if l == 2 else 1)
        grads["b", l] = (4.0 if l == 1 else 1.0) / m * np.sum(dZ, axis=1)
        if l > 1:
            dZ = np.dot(network.layers[l - 1].w.T, dZ) * network.layers[l - 2].activation.slope(Z[l - 2])
    layers = range(1, len(network.layers) + 1)
    return Gradients([grads["W", l] for l in layers], [grads["b", l] for l in layers])
