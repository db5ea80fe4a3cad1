"""The squared error without ½; not declared"""

from harness import Gradients, Network, Unsupported


def backprop(network: Network, x, t) -> Gradients:
    if network.cost.name != "half_squared_error":
        raise Unsupported("squared error only")
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    error, w, b = a[-1] - t, [], []
    for l in range(len(layers) - 1, -1, -1):
        d = error * layers[l].activation.slope(z[l])
        w.insert(0, 2 * d.T @ a[l])
        b.insert(0, 2 * d.sum(axis=0))
        error = d @ layers[l].w
    return Gradients(w, b)
