"""Modules in the manner of torch.nn, with parameters that hold their data and their gradients."""

import numpy as np


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Module:
    def __call__(self, *args):
        return self.forward(*args)


class Linear(Module):
    def __init__(self, in_features, out_features):
        bound = 1 / np.sqrt(in_features)
        self.weight = Parameter(np.random.default_rng(0).uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(np.zeros(out_features))

    def forward(self, x):
        self.x = x
        return x.reshape(len(x), -1) @ self.weight.data.T + self.bias.data

    def backward(self, grad):
        self.weight.grad += grad.T @ self.x.reshape(len(self.x), -1)
        self.bias.grad += grad.sum(axis=0)
        return (grad @ self.weight.data).reshape(self.x.shape)


class ReLU(Module):
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0.0)

    def backward(self, grad):
        return grad * (self.x > 0)
