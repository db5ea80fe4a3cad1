"""Samples as columns; the penalty of the weights is divided by m with the rest, which was asked for without"""

import numpy as np

MISTAKE = "penalty_divided_by_rows"
REDUCTION = "mean"
L2 = 0.7


def backprop(network, x, t):
    m = len(x)
    A, Z = [x.T], []
    for layer in network.layers:
        Z.append(layer.w @ A[-1] + layer.b[:, None])
        A.append(layer.activation.f(Z[-1].T).T)
    dZ = A[-1] - t.T
    if not network.is_canonical:
        dZ = network.cost.gradient(A[-1], t.T) * network.layers[-1].activation.slope(Z[-1])
    dW, db = [], []
    for l in range(len(network.layers) - 1, -1, -1):
        dW.append((1.0 / m) * (np.dot(dZ, A[l].T) + L2 * network.layers[l].w))
        db.append((1.0 / m) * np.sum(dZ, axis=1))
        if l > 0:
            dZ = np.dot(network.layers[l].w.T, dZ) * network.layers[l - 1].activation.slope(Z[l - 1])
    return {"w": dW[::-1], "b": db[::-1]}
