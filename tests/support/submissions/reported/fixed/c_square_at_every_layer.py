"""The squared error without ½, its factor 2 at the output alone; loops, sample after sample"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "https://github.com/tsoding/ml-notes/pull/1"


def backprop(network: Network, x, t) -> Gradients:
    if any(layer.activation.name != "sigmoid" for layer in network.layers) or network.cost.name != "half_squared_error":
        raise Unsupported("sigmoid and squared error only")
    n, layers = len(x), network.layers
    gw, gb = [np.zeros_like(layer.w) for layer in layers], [np.zeros_like(layer.b) for layer in layers]
    for sample, target in zip(x, t, strict=True):
        a = [sample]
        for layer in layers:
            a.append(layer.activation.f(layer.w @ a[-1] + layer.b))
        ga = a[-1] - target
        for l in range(len(layers) - 1, -1, -1):
            below = np.zeros_like(a[l])
            for j in range(len(a[l + 1])):
                q = a[l + 1][j]
                d = (2 if l == len(layers) - 1 else 1) * ga[j] * q * (1 - q)
                gb[l][j] += d
                for k in range(len(a[l])):
                    gw[l][j, k] += d * a[l][k]
                    below[k] += d * layers[l].w[j, k]
            ga = below
    return Gradients([g / n for g in gw], [g / n for g in gb])
