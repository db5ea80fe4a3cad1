"""Closures: each layer returns its output and the function that sends an error back"""

from harness import Gradients, Network


def affine(layer, a):
    return a @ layer.w.T + layer.b, lambda d: (d.T @ a, d.sum(axis=0), d @ layer.w)


def activate(layer, z, is_last):
    return layer.activation.f(z), (lambda e: e) if is_last else lambda e: e * layer.activation.slope(z)


def backprop(network: Network, x, t) -> Gradients:
    a, pullbacks = x, []
    for layer in network.layers:
        z, back_affine = affine(layer, a)
        a, back_activation = activate(layer, z, network.is_canonical and layer is network.layers[-1])
        pullbacks.append((back_affine, back_activation))
    error, w, b, delta = a - t, [], [], []
    for back_affine, back_activation in pullbacks[::-1]:
        delta.append(back_activation(error))
        dw, db, error = back_affine(delta[-1])
        w.append(dw)
        b.append(db)
    return Gradients(w[::-1], b[::-1], delta[::-1])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
