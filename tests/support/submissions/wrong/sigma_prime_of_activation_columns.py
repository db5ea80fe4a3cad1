"""One column at a time, as in the book; sigmoid_prime is called with the activation, so the sigmoid is taken twice"""

import numpy as np

from harness import Gradients, Network, Unsupported

MISTAKE = "sigma_prime_of_activation"


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def backprop_single(weights, biases, x, y, cross_entropy):
    activation, activations, zs = x, [x], []
    for b, w in zip(biases, weights, strict=True):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigmoid(z)
        activations.append(activation)

    delta = activations[-1] - y
    if not cross_entropy:
        delta = delta * sigmoid_prime(activations[-1])
    deltas = [delta]
    for l in range(2, len(weights) + 1):
        sp = sigmoid_prime(activations[-l])
        delta = np.dot(weights[-l + 1].T, delta) * sp
        deltas.insert(0, delta)
    nabla_w = [np.dot(d, a.T) for d, a in zip(deltas, activations[:-1], strict=True)]
    return deltas, nabla_w


def backprop(network: Network, x, t) -> Gradients:
    if any(layer.activation.name != "sigmoid" for layer in network.layers):
        raise Unsupported("sigmoid neurons only")
    weights = [layer.w for layer in network.layers]
    biases = [layer.b.reshape(-1, 1) for layer in network.layers]
    nabla_w = [np.zeros(w.shape) for w in weights]
    nabla_b = [np.zeros(b.shape) for b in biases]
    for row, target in zip(x, t, strict=True):
        deltas, one = backprop_single(
            weights, biases, row.reshape(-1, 1), target.reshape(-1, 1), network.cost.name == "binary_cross_entropy"
        )
        nabla_w = [total + new for total, new in zip(nabla_w, one, strict=True)]
        nabla_b = [total + new for total, new in zip(nabla_b, deltas, strict=True)]
    return Gradients(w=nabla_w, b=[b.ravel() for b in nabla_b])
