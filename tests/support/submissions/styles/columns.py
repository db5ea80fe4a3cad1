"""One sample a column, as in the books: δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ f'(z^l)"""

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x.T], []
    for layer in layers:
        z.append(layer.w @ a[-1] + layer.b[:, np.newaxis])
        a.append(layer.activation.f(z[-1].T).T)
    delta = [a[-1] - t.T]
    if not network.is_canonical:
        delta = [delta[0] * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, layers[l + 1].w.T @ delta[0] * layers[l].activation.slope(z[l]))
    w = [d @ i.T for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [d @ np.ones(len(x), x.dtype) for d in delta], [d.T for d in delta])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
