"""Right but for the bias gradients, which pass through float32"""

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    if network.is_canonical:
        delta = [a[-1] - t]
    else:
        delta = [network.cost.gradient(a[-1], t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    w = [d.T @ i for d, i in zip(delta, a[:-1], strict=True)]
    b = [d.sum(axis=0).astype("float32").astype(x.dtype) for d in delta]
    return Gradients(w, b, delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
