"""The batch in two halves, their gradients added: gradient accumulation"""

from harness import Gradients, Network


def part(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, d.T @ a[l])
        b.insert(0, d.sum(axis=0))
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return w, b


def backprop(network: Network, x, t) -> Gradients:
    half = (len(x) + 1) // 2
    w, b = part(network, x[:half], t[:half])
    if half < len(x):
        for total, more in zip((w, b), part(network, x[half:], t[half:]), strict=True):
            total[:] = [one + other for one, other in zip(total, more, strict=True)]
    return Gradients(w, b)


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
