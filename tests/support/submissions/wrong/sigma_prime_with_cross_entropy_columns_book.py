"""Columns, nablas and a cost class; the cross-entropy's delta keeps the slope of the sigmoid"""

import numpy as np

from harness import Gradients, Network, Unsupported

MISTAKE = "sigma_prime_with_cross_entropy"


class QuadraticCost:
    @staticmethod
    def delta(layer, z, a, y):
        return (a - y) * layer.activation.slope(z)


class CrossEntropyCost:
    @staticmethod
    def delta(layer, z, a, y):
        return (a - y) * layer.activation.slope(z)


COSTS = {"half_squared_error": QuadraticCost, "binary_cross_entropy": CrossEntropyCost}


def nablas(network, cost, x, y):
    """The nablas of one sample, x and y being columns."""
    a, activations, zs = x, [x], []
    for layer in network.layers:
        zs.append(layer.w @ a + layer.b[:, np.newaxis])
        a = layer.activation.f(zs[-1])
        activations.append(a)
    delta = cost.delta(network.layers[-1], zs[-1], a, y)
    nabla_b, nabla_w = [delta], [delta @ activations[-2].T]
    for l in range(2, len(network.layers) + 1):
        delta = (network.layers[-l + 1].w.T @ delta) * network.layers[-l].activation.slope(zs[-l])
        nabla_b.insert(0, delta)
        nabla_w.insert(0, delta @ activations[-l - 1].T)
    return nabla_b, nabla_w


def backprop(network: Network, x, t) -> Gradients:
    if network.cost.name not in COSTS:
        raise Unsupported("the quadratic cost and the binary cross-entropy only")
    total_b = [np.zeros((len(layer.b), 1)) for layer in network.layers]
    total_w = [np.zeros(layer.w.shape) for layer in network.layers]
    for i in range(len(x)):
        nabla_b, nabla_w = nablas(network, COSTS[network.cost.name], x[i : i + 1].T, t[i : i + 1].T)
        for l in range(len(total_w)):
            total_b[l] += nabla_b[l]
            total_w[l] += nabla_w[l]
    return Gradients(w=total_w, b=[b.flatten() for b in total_b])


def step(network: Network, x, t, learning_rate) -> Network:
    nabla = backprop(network, x, t)
    weights = [layer.w - learning_rate * nw for layer, nw in zip(network.layers, nabla.w, strict=True)]
    biases = [layer.b - learning_rate * nb for layer, nb in zip(network.layers, nabla.b, strict=True)]
    return network.with_parameters(weights, biases)
