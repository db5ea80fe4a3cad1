"""Loss and gradients in one function, as in a well-known assignment; the penalty is in the loss alone"""

import numpy as np

from harness import Gradients

MISTAKE = "penalty_missing"
REDUCTION = "mean"
L2 = 0.25
L2_HALF = False


def loss_and_grads(params, network, X, y, reg):
    N, depth = len(X), len(network.layers)
    scores, cache = X, []
    for i, layer in enumerate(network.layers, start=1):
        before = scores
        sums = before.dot(params[f"W{i}"]) + params[f"b{i}"]
        scores = layer.activation.f(sums)
        cache.append((before, sums))
    loss = network.cost.value(scores, y) / N
    loss += reg * sum(np.sum(params[f"W{i}"] ** 2) for i in range(1, depth + 1))

    grads = {}
    dout = scores - y if network.is_canonical else network.cost.gradient(scores, y)
    for i in range(depth, 0, -1):
        before, sums = cache[i - 1]
        if i < depth or not network.is_canonical:
            dout = dout * network.layers[i - 1].activation.slope(sums)
        grads[f"W{i}"] = before.T.dot(dout) / N
        grads[f"b{i}"] = dout.sum(axis=0) / N
        dout = dout.dot(params[f"W{i}"].T)
    return loss, grads


def backprop(network, x, t):
    params = {f"W{i}": layer.w.T for i, layer in enumerate(network.layers, start=1)}
    params |= {f"b{i}": layer.b for i, layer in enumerate(network.layers, start=1)}
    _, grads = loss_and_grads(params, network, x, t, L2)
    depth = len(network.layers)
    return Gradients(
        w=[grads[f"W{i}"].T for i in range(1, depth + 1)],
        b=[grads[f"b{i}"] for i in range(1, depth + 1)],
    )
