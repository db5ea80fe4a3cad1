"""A list of connection objects; each connection is corrected by its neuron's delta, whatever came through it"""

import numpy as np

from harness import Gradients

MISTAKE = "input_factor_missing"


class Connection:
    def __init__(self, source, target, weight):
        self.source, self.target, self.weight = source, target, weight
        self.gradient = 0.0


def connect(layer):
    outputs, inputs = layer.w.shape
    return [Connection(k, j, layer.w[j, k]) for j in range(outputs) for k in range(inputs)]


def carry(connections, values, size):
    sums = np.zeros(size)
    for c in connections:
        sums[c.target] += c.weight * values[c.source]
    return sums


def carry_back(connections, deltas, size):
    sums = np.zeros(size)
    for c in connections:
        sums[c.source] += c.weight * deltas[c.target]
    return sums


def backprop(network, x, t):
    layers = network.layers
    wires = [connect(layer) for layer in layers]
    b = [np.zeros(len(layer.b)) for layer in layers]
    history = [np.zeros((len(x), len(layer.b))) for layer in layers]

    for number in range(len(x)):
        values, nets = [x[number]], []
        for layer, connections in zip(layers, wires, strict=True):
            nets.append(layer.b + carry(connections, values[-1], len(layer.b)))
            values.append(layer.activation.f(nets[-1]))

        delta = values[-1] - t[number]
        if not network.is_canonical:
            delta = network.cost.gradient(values[-1], t[number]) * layers[-1].activation.slope(nets[-1])
        for l in range(len(layers) - 1, -1, -1):
            history[l][number] = delta
            b[l] += delta
            for c in wires[l]:
                c.gradient += delta[c.target]
            if l > 0:
                back = carry_back(wires[l], delta, len(layers[l - 1].b))
                delta = back * layers[l - 1].activation.slope(nets[l - 1])

    w = [np.array([c.gradient for c in wires[l]]).reshape(layers[l].w.shape) for l in range(len(layers))]
    return Gradients(w=w, b=b, delta=history)
