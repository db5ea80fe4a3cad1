"""Products by broadcasting: an outer product for each sample, then the sum over the samples"""

from harness import Gradients, Network


def times(a, b):
    return (a[:, :, None] * b[None, :, :]).sum(axis=1)


def column_sums(d):
    return d.sum(axis=0)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(times(a[-1], layer.w.T) + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta[0] = delta[0] * layers[-1].activation.slope(z[-1])
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0], layers[l].w) * layers[l - 1].activation.slope(z[l - 1]))
    w = [times(d.T, i) for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [column_sums(d) for d in delta], delta)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
