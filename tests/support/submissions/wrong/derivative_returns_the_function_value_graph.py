"""A small graph of Value objects; tanh_derivative returns tanh itself"""

import math

from harness import Gradients, Unsupported

MISTAKE = "derivative_returns_the_function"


def tanh(v):
    return math.tanh(v)


def tanh_derivative(v):
    return tanh(v)


class Value:
    """A number that remembers its parents and the local derivatives towards them."""

    def __init__(self, data, parents=()):
        self.data = data
        self.parents = parents
        self.grad = 0.0

    def __add__(self, other):
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self):
        return Value(tanh(self.data), ((self, tanh_derivative(self.data)),))

    def backward(self, seed):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack.extend((parent, False) for parent, _ in node.parents)
        self.grad = seed
        for node in reversed(order):
            for parent, local in node.parents:
                parent.grad += local * node.grad


def backprop(network, x, t):
    if network.cost.name != "half_squared_error":
        raise Unsupported("squared error only")
    if any(layer.activation.name not in ("tanh", "identity") for layer in network.layers):
        raise Unsupported("tanh and linear layers only")
    weights = [[[Value(v) for v in row] for row in layer.w.tolist()] for layer in network.layers]
    biases = [[Value(v) for v in layer.b.tolist()] for layer in network.layers]
    for sample, target in zip(x.tolist(), t.tolist(), strict=True):
        values = [Value(v) for v in sample]
        for layer, w, b in zip(network.layers, weights, biases, strict=True):
            sums = [sum((p * q for p, q in zip(row, values, strict=True)), c) for row, c in zip(w, b, strict=True)]
            values = [s.tanh() if layer.activation.name == "tanh" else s for s in sums]
        loss = Value(0.0)
        for v, y in zip(values, target, strict=True):
            error = v + Value(-y)
            loss = loss + error * error * Value(0.5)
        loss.backward(1.0)
    return Gradients(
        w=[[[v.grad for v in row] for row in layer] for layer in weights],
        b=[[v.grad for v in layer] for layer in biases],
    )
