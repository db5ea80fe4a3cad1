"""The rows in another order in every second call, so that the sums are rounded in another way"""

from itertools import cycle

from harness import Gradients, Network

DIRECTIONS = cycle((1, -1))


def backprop(network: Network, x, t) -> Gradients:
    direction, layers = next(DIRECTIONS), network.layers
    a, z = [x[::direction]], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t[::direction]
    if not network.is_canonical:
        d = d * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, sum(row[:, None] * inputs for row, inputs in zip(d, a[l], strict=True)))
        b.insert(0, sum(d))
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
