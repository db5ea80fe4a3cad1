"""One flat vector of parameters and one of gradients, taken apart by np.split"""

import numpy as np

from harness import Network


def unrolled(network):
    return np.concatenate([part.ravel() for layer in network.layers for part in (layer.w, layer.b)])


def rolled(network, vector):
    sizes = np.cumsum([size for layer in network.layers for size in (layer.w.size, layer.b.size)])
    parts = np.split(vector, sizes[:-1])
    return [part.reshape(layer.w.shape) for part, layer in zip(parts[::2], network.layers, strict=True)], parts[1::2]


def gradient(network, x, t):
    w, b = rolled(network, unrolled(network))
    f, a, z = [layer.activation for layer in network.layers], [x], []
    for l in range(len(w)):
        z.append(a[l] @ w[l].T + b[l])
        a.append(f[l].f(z[l]))
    d, parts = a[-1] - t if network.is_canonical else (a[-1] - t) * f[-1].slope(z[-1]), []
    for l in range(len(w) - 1, -1, -1):
        parts = [(d.T @ a[l]).ravel(), d.sum(axis=0), *parts]
        d = d @ w[l] * f[l - 1].slope(z[l - 1]) if l else d
    return np.concatenate(parts)


def backprop(network, x, t):
    return rolled(network, gradient(network, x, t))


def step(network: Network, x, t, learning_rate) -> Network:
    return network.with_parameters(*rolled(network, unrolled(network) - learning_rate * gradient(network, x, t)))
