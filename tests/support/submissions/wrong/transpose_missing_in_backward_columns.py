"""Columns of samples, np.dot everywhere; W where its transpose is needed on the way back"""

import numpy as np

from harness import Gradients

MISTAKE = "transpose_missing_in_backward"


def column_slope(layer, Z):
    return layer.activation.slope(Z.T).T


def backprop(network, x, t):
    X, Y = x.T, t.T

    A = X
    store = []
    for layer in network.layers:
        Z = np.dot(layer.w, A) + np.reshape(layer.b, (-1, 1))
        store.append({"layer": layer, "below": A, "Z": Z})
        A = layer.activation.f(Z.T).T

    top = store[-1]
    if network.is_canonical:
        top["D"] = A - Y
    else:
        top["D"] = network.cost.gradient(A, Y) * column_slope(top["layer"], top["Z"])

    for here, above in zip(store[-2::-1], store[:0:-1], strict=True):
        error = np.dot(above["layer"].w, above["D"])
        here["D"] = np.multiply(error, column_slope(here["layer"], here["Z"]))

    return Gradients(
        w=[np.dot(s["D"], s["below"].T) for s in store],
        b=[np.sum(s["D"], axis=1) for s in store],
        delta=[s["D"].T for s in store],
    )
