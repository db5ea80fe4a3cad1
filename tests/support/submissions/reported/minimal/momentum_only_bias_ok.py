"""A momentum term of the rate times the last change is added sample after sample to the weights, not to the biases"""

import numpy as np

from harness import Network, Unsupported

SOURCE = "https://www.codeproject.com/Articles/1097336"


def step(network: Network, x, t, learning_rate) -> Network:
    if any(layer.activation.name != "sigmoid" for layer in network.layers) or network.cost.name != "half_squared_error":
        raise Unsupported("sigmoid and squared error only")
    w, b = [layer.w for layer in network.layers], [layer.b for layer in network.layers]
    dw, db = [np.zeros_like(one) for one in w], [np.zeros_like(one) for one in b]
    for sample, target in zip(x, t, strict=True):
        out = [sample]
        for weights, bias in zip(w, b, strict=True):
            out.append(1 / (1 + np.exp(-(weights @ out[-1] + bias))))
        d = out[-1] * (1 - out[-1]) * (target - out[-1])
        for l in range(len(w) - 1, -1, -1):
            dw[l] += np.outer(d, out[l]) + learning_rate * dw[l]
            db[l] += d
            d = out[l] * (1 - out[l]) * (w[l].T @ d)
    new_w = [one + learning_rate * change for one, change in zip(w, dw, strict=True)]
    return network.with_parameters(new_w, [one + learning_rate * change for one, change in zip(b, db, strict=True)])
