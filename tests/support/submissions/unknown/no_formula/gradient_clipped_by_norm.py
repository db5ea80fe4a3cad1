"""All gradients are scaled down together if their norm is large"""

import numpy as np

from harness import Gradients, Network

MISTAKE = None


def forward(network: Network, x):
    z, a = [], [x]
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    return z, a


def output_delta(network: Network, z, a, t):
    if network.is_canonical:
        return a[-1] - t
    return network.cost.gradient(a[-1], t) * network.layers[-1].activation.slope(z[-1])


def deltas(network: Network, z, a, t):
    found = [output_delta(network, z, a, t)]
    for l in range(len(z) - 2, -1, -1):
        found.insert(0, (found[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    return found


LARGEST = 0.1


def backprop(network: Network, x, t) -> Gradients:
    z, a = forward(network, x)
    d = deltas(network, z, a, t)
    w = [e.T @ i for e, i in zip(d, a[:-1], strict=True)]
    b = [e.sum(axis=0) for e in d]
    norm = np.sqrt(sum((one**2).sum() for one in (*w, *b)))
    scale = min(1.0, LARGEST / norm) if norm > 0 else 1.0
    return Gradients([one * scale for one in w], [one * scale for one in b], d)
