"""scores, dscores, dhidden, with samples as rows; the hidden ReLU lets every gradient through"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "relu_gate_missing"


def evaluate(network, X):
    caches = []
    out = X
    for layer in network.layers:
        W = layer.w.T
        scores = np.dot(out, W) + layer.b
        caches.append((out, W, scores))
        out = layer.activation.f(scores)
    return out, caches


def backprop(network: Network, x, t) -> Gradients:
    out, caches = evaluate(network, x)

    if network.is_canonical:
        dscores = out - t
    else:
        dscores = network.cost.gradient(out, t) * network.layers[-1].activation.slope(caches[-1][2])

    dW, db, all_dscores = [], [], []
    for i in reversed(range(len(caches))):
        below, W, _ = caches[i]
        dW.append(np.dot(below.T, dscores))
        db.append(np.sum(dscores, axis=0))
        all_dscores.append(dscores)
        if i == 0:
            break
        dhidden = np.dot(dscores, W.T)
        activation = network.layers[i - 1].activation
        if activation.name == "relu":
            dscores = dhidden
        else:
            dscores = dhidden * activation.slope(caches[i - 1][2])

    return Gradients(w=[g.T for g in dW[::-1]], b=db[::-1], delta=all_dscores[::-1])
