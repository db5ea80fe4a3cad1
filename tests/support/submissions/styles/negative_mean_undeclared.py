"""backprop returns the negative mean gradient, from t − a; not declared"""

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = t - a[-1] if network.is_canonical else (t - a[-1]) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, d.T @ a[l] / len(x))
        b.insert(0, d.mean(axis=0))
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return Gradients(w, b)
