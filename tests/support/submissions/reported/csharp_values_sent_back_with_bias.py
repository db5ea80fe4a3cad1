"""The values of the next neurons are sent back, not their errors; target − output and +=, with biases"""

import numpy as np

from harness import Network, Unsupported

SOURCE = "Basic neural network problem in training (C#)"


def step(network: Network, x, t, learning_rate) -> Network:
    if any(layer.activation.name != "sigmoid" for layer in network.layers) or network.cost.name != "half_squared_error":
        raise Unsupported("sigmoid and squared error only")
    w, b = [layer.w for layer in network.layers], [layer.b for layer in network.layers]
    new_w, new_b = [one.copy() for one in w], [one.copy() for one in b]
    for sample, target in zip(x, t, strict=True):
        value = [sample]
        for weights, bias in zip(w, b, strict=True):
            value.append(1 / (1 + np.exp(-(weights @ value[-1] + bias))))
        error = value[-1] * (1 - value[-1]) * (target - value[-1])
        for l in range(len(w) - 1, -1, -1):
            new_w[l] += learning_rate * np.outer(error, value[l])
            new_b[l] += learning_rate * error
            error = value[l] * (1 - value[l]) * (w[l].T @ value[l + 1])
    return network.with_parameters(new_w, new_b)
