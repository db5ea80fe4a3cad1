"""Layers that keep their gradients in dW and db; the weights move when the network is told to step."""

import numpy as np


class Affine:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
        self.b = np.zeros(n_out)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        batch_size = len(self.x)
        self.dW = self.x.T @ dout / batch_size
        self.db = dout.sum(axis=0) / batch_size
        return dout @ self.W.T


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout = dout.copy()
        dout[self.mask] = 0
        return dout


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        self.t = t
        return -np.sum(t * np.log(self.y + 1e-300)) / len(x)

    def backward(self):
        return self.y - self.t


class Net:
    def __init__(self, input_size, hidden_size, output_size):
        self.layers = [Affine(input_size, hidden_size), Relu(), Affine(hidden_size, output_size)]
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def backward(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)

    def step(self, learning_rate):
        for layer in self.layers:
            if isinstance(layer, Affine):
                layer.W -= learning_rate * layer.dW
                layer.b -= learning_rate * layer.db
