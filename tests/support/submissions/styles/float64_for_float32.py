"""Everything in float64, whatever comes in, and back to the dtype of the inputs at the end"""

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    dtype, x, t = x.dtype, np.float64(x), np.float64(t)
    w = [layer.w.astype(np.float64) for layer in network.layers]
    a, z = [x], []
    for weights, layer in zip(w, network.layers, strict=True):
        z.append(a[-1] @ weights.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta[0] *= network.layers[-1].activation.slope(z[-1])
    for l in range(len(w) - 1, 0, -1):
        delta.insert(0, (delta[0] @ w[l]) * network.layers[l - 1].activation.slope(z[l - 1]))
    gradients = [(d.T @ i).astype(dtype) for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(gradients, [d.sum(axis=0).astype(dtype) for d in delta], [d.astype(dtype) for d in delta])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
