"""The slope of the hidden layers is missing; backprop returns the negative mean over the rows"""

from harness import Gradients, Network


def gradients(network, x, t):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = t - a[-1]
    if not network.is_canonical:
        d = d * network.layers[-1].activation.slope(z[-1])
    dw, db = [], []
    for l in range(len(z) - 1, -1, -1):
        dw.insert(0, d.T @ a[l] / len(x))
        db.insert(0, d.sum(axis=0) / len(x))
        d = d @ network.layers[l].w
    return dw, db


def backprop(network: Network, x, t) -> Gradients:
    return Gradients(*gradients(network, x, t))
