"""Complex arrays with imaginary parts 0, and the real parts at the end"""

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x + 0j], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1].real) + 0j)
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1].real)
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, (d.conj().T @ a[l]).real)
        b.insert(0, d.sum(axis=0).real)
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1].real) if l else d
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
