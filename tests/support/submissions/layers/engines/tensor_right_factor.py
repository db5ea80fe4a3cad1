# planted: product of matrices | dw | number of rows | -
import numpy as np


def fitted(gradient, shape):
    """The gradient of an array that was broadcast from this shape."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1 and gradient.shape[axis] != 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents  # pairs of a tensor and the function for its part of the gradient

    @staticmethod
    def of(value):
        return value if isinstance(value, Tensor) else Tensor(value)

    def __add__(self, other):
        other = Tensor.of(other)
        parts = [(one, lambda g, one=one: fitted(g, one.data.shape)) for one in (self, other)]
        return Tensor(self.data + other.data, parts)

    def __mul__(self, other):
        other = Tensor.of(other)
        pairs = ((self, other), (other, self))
        parts = [(one, lambda g, one=one, two=two: fitted(g * two.data, one.data.shape)) for one, two in pairs]
        return Tensor(self.data * other.data, parts)

    def __truediv__(self, other):
        other = Tensor.of(other)
        mine = lambda g: fitted(g / other.data, self.data.shape)
        its = lambda g: fitted(-g * self.data / other.data**2, other.data.shape)
        return Tensor(self.data / other.data, [(self, mine), (other, its)])

    def __pow__(self, power):
        return Tensor(self.data**power, [(self, lambda g: g * power * self.data ** (power - 1))])

    def __matmul__(self, other):
        parts = [(self, lambda g: g @ other.data.T), (other, lambda g: self.data.T @ g / len(g))]
        return Tensor(self.data @ other.data, parts)

    def sum(self, axis=None):
        def spread(g):
            wide = g if axis is None else np.expand_dims(g, axis)
            return np.broadcast_to(wide, self.data.shape)

        return Tensor(self.data.sum(axis=axis), [(self, spread)])

    def relu(self):
        return Tensor(np.maximum(self.data, 0), [(self, lambda g: g * (self.data > 0))])

    def tanh(self):
        t = np.tanh(self.data)
        return Tensor(t, [(self, lambda g: g * (1 - t * t))])

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            for parent, part in node.parents:
                parent.grad = parent.grad + part(node.grad)
