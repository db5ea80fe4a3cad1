"""The squared error without ½; declared"""

from harness import Gradients, Network, Unsupported

HALF = False


def backprop(network: Network, x, t) -> Gradients:
    if network.cost.name != "half_squared_error":
        raise Unsupported("squared error only")
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [2 * (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a[:-1], strict=True)], [d.sum(axis=0) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
