"""The slope of the hidden layers is missing; the step follows the mean over the rows"""

from harness import Network


def gradients(network, x, t):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t
    if not network.is_canonical:
        d = d * network.layers[-1].activation.slope(z[-1])
    dw, db = [], []
    for l in range(len(z) - 1, -1, -1):
        dw.insert(0, d.T @ a[l] / len(x))
        db.insert(0, d.sum(axis=0) / len(x))
        d = d @ network.layers[l].w
    return dw, db


def step(network: Network, x, t, learning_rate) -> Network:
    dw, db = gradients(network, x, t)
    w = [layer.w - learning_rate * g for layer, g in zip(network.layers, dw, strict=True)]
    b = [layer.b - learning_rate * g for layer, g in zip(network.layers, db, strict=True)]
    return network.with_parameters(w, b)
