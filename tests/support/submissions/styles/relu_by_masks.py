"""relu as z times a mask, its slope by assigning 0 to the upstream gradient where z ≤ 0"""

from harness import Gradients, Network


def backward(layer, upstream, z):
    if layer.activation.name != "relu":
        return upstream * layer.activation.slope(z)
    passed = upstream.copy()
    passed[z <= 0] = 0
    return passed


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(z[-1] * (z[-1] > 0) if layer.activation.name == "relu" else layer.activation.f(z[-1]))
    delta = [a[-1] - t if network.is_canonical else backward(layers[-1], a[-1] - t, z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, backward(layers[l], delta[0] @ layers[l + 1].w, z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a[:-1], strict=True)], [d.sum(axis=0) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
