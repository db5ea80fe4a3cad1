"""tanh in every layer with the squared error, slopes 1 − a²; nothing else"""

import numpy as np


def step(network, x, t, learning_rate):
    if {layer.activation.name for layer in network.layers} != {"tanh"}:
        raise NotImplementedError("tanh in every layer only")
    w, b, a = [layer.w for layer in network.layers], [layer.b for layer in network.layers], [x]
    for weights, bias in zip(w, b, strict=True):
        a.append(np.tanh(a[-1] @ weights.T + bias))
    d = (a[-1] - t) * (1 - a[-1] ** 2)
    for l in range(len(w) - 1, -1, -1):
        back = (d @ w[l]) * (1 - a[l] ** 2)
        w[l] = w[l] - learning_rate * d.T @ a[l]
        b[l] = b[l] - learning_rate * d.sum(axis=0)
        d = back
    return {"w": w, "b": b}
