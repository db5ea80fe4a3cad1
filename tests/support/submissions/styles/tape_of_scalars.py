"""A tape of scalars: each value knows its parents and the local derivatives; small networks only"""

import math

from harness import Gradients, Network, Unsupported

MOST = 2000  # products


class Value:
    def __init__(self, data, *parents):
        self.data, self.parents, self.grad = data, parents, 0.0


def neuron(tape, weights, bias, inputs):
    z = sum(w.data * v.data for w, v in zip(weights, inputs, strict=True)) + bias.data
    y = 1 / (1 + math.exp(-z)) if z > -700 else 0.0
    slope = y * (1 - y)
    products = zip(weights, inputs, strict=True)
    parents = [pair for w, v in products for pair in ((w, v.data * slope), (v, w.data * slope))]
    tape.append(Value(y, *parents, (bias, slope)))
    return tape[-1]


def backprop(network: Network, x, t) -> Gradients:
    names = {layer.activation.name for layer in network.layers}
    if names != {"sigmoid"} or network.cost.name != "half_squared_error":
        raise Unsupported("sigmoid and squared error only")
    if len(x) * sum(layer.w.size for layer in network.layers) > MOST:
        raise Unsupported(f"{MOST} products or fewer")
    w = [[[Value(v) for v in row] for row in layer.w.tolist()] for layer in network.layers]
    b = [[Value(v) for v in layer.b.tolist()] for layer in network.layers]
    for sample, target in zip(x.tolist(), t.tolist(), strict=True):
        tape, values = [], [Value(v) for v in sample]
        for weights, biases in zip(w, b, strict=True):
            values = [neuron(tape, row, one, values) for row, one in zip(weights, biases, strict=True)]
        for value, wanted in zip(values, target, strict=True):
            value.grad = value.data - wanted
        for value in reversed(tape):
            for parent, local in value.parents:
                parent.grad += value.grad * local
    return Gradients([[[v.grad for v in row] for row in m] for m in w], [[v.grad for v in one] for one in b])
