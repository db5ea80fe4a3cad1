"""Samples as columns, dW = 1/m dZ A^T as in the well-known course; the sum over the batch was asked for"""

import numpy as np

from harness import Gradients

MISTAKE = "mean_where_sum_is_stated"


def forward(X, network):
    A = {0: X}
    Z = {}
    for l, layer in enumerate(network.layers, start=1):
        Z[l] = np.dot(layer.w, A[l - 1]) + layer.b.reshape(-1, 1)
        A[l] = layer.activation.f(Z[l].T).T
    return A, Z


def backward(X, Y, network):
    m = X.shape[1]
    A, Z = forward(X, network)
    L = len(network.layers)
    dZ, dW, db = {}, {}, {}
    if network.is_canonical:
        dZ[L] = A[L] - Y
    else:
        dZ[L] = network.cost.gradient(A[L], Y) * network.layers[L - 1].activation.slope(Z[L])
    for l in range(L, 0, -1):
        dW[l] = 1 / m * np.dot(dZ[l], A[l - 1].T)
        db[l] = 1 / m * np.sum(dZ[l], axis=1)
        if l > 1:
            dZ[l - 1] = np.dot(network.layers[l - 1].w.T, dZ[l]) * network.layers[l - 2].activation.slope(Z[l - 1])
    return dW, db


def backprop(network, x, t):
    dW, db = backward(x.T, t.T, network)
    return Gradients(w=[dW[l] for l in sorted(dW)], b=[db[l] for l in sorted(db)])


def step(network, x, t, learning_rate):
    dW, db = backward(x.T, t.T, network)
    return network.with_parameters(
        w=[layer.w - learning_rate * dW[l] for l, layer in enumerate(network.layers, start=1)],
        b=[layer.b - learning_rate * db[l] for l, layer in enumerate(network.layers, start=1)],
    )
