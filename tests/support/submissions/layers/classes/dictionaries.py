"""Layers whose parameters and gradients are dictionaries, as in several toolkits."""

import numpy as np


class Layer:
    def __init__(self):
        self.params = {}
        self.grads = {}


class FullyConnected(Layer):
    def __init__(self, units_in, units):
        super().__init__()
        self.params["W"] = np.zeros((units_in, units))
        self.params["b"] = np.zeros(units)

    def forward(self, X):
        self.X = X
        return X.reshape(len(X), -1) @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        flat = self.X.reshape(len(self.X), -1)
        self.grads["W"] = flat.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return (dout @ self.params["W"].T).reshape(self.X.shape)


class BatchNorm(Layer):
    def __init__(self, dim, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.params["gamma"] = np.ones(dim)
        self.params["beta"] = np.zeros(dim)

    def forward(self, X):
        self.mean, self.var = X.mean(axis=0), X.var(axis=0)
        self.hat = (X - self.mean) / np.sqrt(self.var + self.eps)
        return self.params["gamma"] * self.hat + self.params["beta"]

    def backward(self, dout):
        n = len(dout)
        self.grads["gamma"] = (dout * self.hat).sum(axis=0)
        self.grads["beta"] = dout.sum(axis=0)
        dhat = dout * self.params["gamma"]
        total = n * dhat - dhat.sum(axis=0) - self.hat * (dhat * self.hat).sum(axis=0)
        return total / (n * np.sqrt(self.var + self.eps))
