"""The bias is row 0 of each weight matrix and meets a one in front of the inputs; sums by einsum"""

import numpy as np

from harness import Gradients, Network

LAYOUT = "in, out"
BIAS = "first row"


def one_in_front(a):
    return np.insert(a, 0, 1.0, axis=1)


def theta_gradients(network, X, Y):
    thetas = [np.insert(layer.w.T, 0, layer.b, axis=0) for layer in network.layers]
    g = [layer.activation for layer in network.layers]
    A, Z = [one_in_front(X)], []
    for theta, activation in zip(thetas, g, strict=True):
        Z.append(np.einsum("ni,io->no", A[-1], theta))
        A.append(one_in_front(activation.f(Z[-1])))

    H = A[-1][:, 1:]
    delta = H - Y if network.is_canonical else network.cost.gradient(H, Y) * g[-1].slope(Z[-1])
    gradients, deltas = [], []
    for l in reversed(range(len(thetas))):
        gradients.insert(0, np.einsum("ni,no->io", A[l], delta))
        deltas.insert(0, delta)
        if l > 0:
            delta = np.einsum("no,io->ni", delta, thetas[l][1:]) * g[l - 1].slope(Z[l - 1])
    return thetas, gradients, deltas


def backprop(network: Network, x, t) -> Gradients:
    _, gradients, deltas = theta_gradients(network, x, t)
    return Gradients(w=gradients, b=None, delta=deltas)


def step(network: Network, x, t, learning_rate) -> Network:
    thetas, gradients, _ = theta_gradients(network, x, t)
    thetas = [theta - learning_rate * gradient for theta, gradient in zip(thetas, gradients, strict=True)]
    return network.with_parameters(w=[theta[1:].T for theta in thetas], b=[theta[0] for theta in thetas])
