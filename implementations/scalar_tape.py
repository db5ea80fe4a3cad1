"""Reverse-mode differentiation of scalars: a tape records every sum and product, and is then read backwards"""

import numpy as np

from harness import Gradients, Network

SOURCE = "Andrej Karpathy, micrograd, github.com/karpathy/micrograd, 2020; with a tape in place of the recursion"


class Scalar:
    """A number with its operands, as pairs (operand, ∂self/∂operand)."""

    __slots__ = ("grad", "operands", "tape", "value")

    def __init__(self, value, tape, operands=()):
        self.value, self.tape, self.operands, self.grad = value, tape, operands, 0
        tape.append(self)

    def __add__(self, other):
        return Scalar(self.value + other.value, self.tape, ((self, 1), (other, 1)))

    def __mul__(self, other):
        return Scalar(self.value * other.value, self.tape, ((self, other.value), (other, self.value)))

    def apply(self, activation):
        return Scalar(activation.f(self.value), self.tape, ((self, activation.slope(self.value)),))


def on_tape(numbers, tape):
    return [on_tape(n, tape) if isinstance(n, list) else Scalar(n, tape) for n in numbers]


def grads(scalars):
    return [grads(s) if isinstance(s, list) else s.grad for s in scalars]


def forward(layers, activations, row):
    """z^1..z^L of one sample, and the output of the last of `activations`, which may omit that of layer L."""
    a, zs = row, []
    for number, (w, b) in enumerate(layers):
        zs.append(
            [sum((w_k * a_k for w_k, a_k in zip(w_j, a, strict=True)), b_j) for w_j, b_j in zip(w, b, strict=True)]
        )
        a = [z.apply(activations[number]) for z in zs[-1]] if number < len(activations) else zs[-1]
    return zs, a


def backprop(network: Network, x, t) -> Gradients:
    tape = []
    layers = [(on_tape(layer.w.tolist(), tape), on_tape(layer.b.tolist(), tape)) for layer in network.layers]
    activations = [layer.activation for layer in network.layers]
    z = [[] for _ in layers]
    for x_row, t_row in zip(x.tolist(), t, strict=True):
        zs, ends = forward(layers, activations[:-1] if network.is_canonical else activations, on_tape(x_row, tape))
        values = np.array([end.value for end in ends], dtype=t.dtype)
        if network.is_canonical:
            seeds = activations[-1].f(values) - t_row  # BP1, at z^L
        else:
            seeds = network.cost.gradient(values, t_row)  # the first factor of BP1, at a^L
        for end, seed in zip(ends, seeds.tolist(), strict=True):
            end.grad = seed
        for rows, row in zip(z, zs, strict=True):
            rows.append(row)
    for result in reversed(tape):  # every operand precedes the results that use it
        for operand, derivative in result.operands:
            operand.grad = operand.grad + result.grad * derivative  # BP1 to BP4, which are all this chain rule
    tape.clear()  # the tape and its numbers refer to each other: only the garbage collector would free them
    return Gradients(w=[grads(w) for w, _ in layers], b=[grads(b) for _, b in layers], delta=grads(z))


def step(network: Network, x, t, learning_rate) -> Network:
    gradients = backprop(network, x, t)
    return network.with_parameters(
        w=[
            layer.w - learning_rate * np.array(g, x.dtype) for layer, g in zip(network.layers, gradients.w, strict=True)
        ],
        b=[
            layer.b - learning_rate * np.array(g, x.dtype) for layer, g in zip(network.layers, gradients.b, strict=True)
        ],
    )  # rule
