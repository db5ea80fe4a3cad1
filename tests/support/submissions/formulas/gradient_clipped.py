"""Each gradient is clipped to a range"""

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


LARGEST = 0.25


def backprop(network: Network, x, t) -> Gradients:
    z, a = forward(network, x)
    d = deltas(network, z, a, t)
    w = [np.clip(e.T @ i, -LARGEST, LARGEST) for e, i in zip(d, a[:-1], strict=True)]
    return Gradients(w, [e.sum(axis=0) for e in d], d)
