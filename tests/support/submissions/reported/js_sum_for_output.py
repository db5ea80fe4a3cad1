"""∂C/∂W takes the weighted sum of the neuron below, not its output; neuron objects, sample after sample"""

import numpy as np

from harness import Network, Unsupported

SOURCE = "https://stackoverflow.com/questions/22054877"


class Neuron:
    def __init__(self, weights, bias):
        self.weights, self.bias = [*weights], bias
        self.input = self.output = self.gradient = 0.0
        self.change = [0.0] * (len(self.weights) + 1)


def learn(layers, f, row, target):
    values = [row]
    for layer, one in zip(layers, f, strict=True):
        for n in layer:
            n.input = sum(w * v for w, v in zip(n.weights, values[-1], strict=True)) + n.bias
            n.output = one.f(n.input)
        values.append([n.output for n in layer])
    for i in range(len(layers) - 1, -1, -1):
        for j, n in enumerate(layers[i]):
            if i == len(layers) - 1:
                error = target[j] - n.output
            else:
                error = sum(m.weights[j] * m.gradient for m in layers[i + 1])
            n.gradient = error * f[i].slope(n.input)
            below = [m.input for m in layers[i - 1]] if i else row
            n.change = [c + n.gradient * v for c, v in zip(n.change, [*below, 1.0], strict=True)]


def step(network: Network, x, t, learning_rate) -> Network:
    if network.is_canonical:
        raise Unsupported("squared error with a slope at the output only")
    layers = [[Neuron(w, b) for w, b in zip(layer.w, layer.b, strict=True)] for layer in network.layers]
    for row, target in zip(x, t, strict=True):
        learn(layers, [layer.activation for layer in network.layers], row, target)
    change = [np.array([n.change for n in layer], dtype=x.dtype) for layer in layers]
    w = [layer.w + learning_rate * c[:, :-1] for layer, c in zip(network.layers, change, strict=True)]
    b = [layer.b + learning_rate * c[:, -1] for layer, c in zip(network.layers, change, strict=True)]
    return network.with_parameters(w, b)
