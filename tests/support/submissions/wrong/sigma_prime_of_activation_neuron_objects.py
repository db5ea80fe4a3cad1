"""Neuron objects in plain Python; the derivative squashes the neuron's output once more"""

import math

from harness import Gradients, Unsupported

MISTAKE = "sigma_prime_of_activation"


class Neuron:
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias
        self.dw = [0.0] * len(weights)
        self.db = 0.0
        self.deltas = []

    def squash(self, number):
        if number < -700:  # exp would overflow
            return 0.0
        return 1 / (1 + math.exp(-number))

    def fire(self, inputs):
        self.inputs = inputs
        self.total = self.bias + sum(w * i for w, i in zip(self.weights, inputs, strict=True))
        self.output = self.squash(self.total)
        return self.output

    def derivative(self):
        s = self.squash(self.output)
        return s * (1 - s)

    def learn(self, error):
        self.delta = error * self.derivative()
        self.deltas.append(self.delta)
        self.db += self.delta
        for i, value in enumerate(self.inputs):
            self.dw[i] += self.delta * value


def backprop(network, x, t):
    if network.cost.name != "half_squared_error" or {layer.activation.name for layer in network.layers} != {"sigmoid"}:
        raise Unsupported("sigmoid neurons and squared error only")
    layers = [
        [Neuron(w, b) for w, b in zip(layer.w.tolist(), layer.b.tolist(), strict=True)] for layer in network.layers
    ]
    for row, wanted in zip(x.tolist(), t.tolist(), strict=True):
        signal = row
        for layer in layers:
            signal = [neuron.fire(signal) for neuron in layer]
        errors = [o - y for o, y in zip(signal, wanted, strict=True)]
        for layer in reversed(layers):
            for neuron, error in zip(layer, errors, strict=True):
                neuron.learn(error)
            errors = [sum(n.weights[i] * n.delta for n in layer) for i in range(len(layer[0].weights))]
    return Gradients(
        w=[[n.dw for n in layer] for layer in layers],
        b=[[n.db for n in layer] for layer in layers],
        delta=[[list(sample) for sample in zip(*(n.deltas for n in layer), strict=True)] for layer in layers],
    )
