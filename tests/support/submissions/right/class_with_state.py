"""A class with state: forward keeps what backward needs, backward fills the gradients, update uses them"""

import numpy as np

from harness import Gradients, Network


class MultilayerPerceptron:
    def __init__(self, network):
        self.network = network
        self.W = [layer.w.T.copy() for layer in network.layers]
        self.b = [layer.b.copy() for layer in network.layers]
        self.cache = {}
        self.zero_grad()

    def zero_grad(self):
        self.dW = [np.zeros_like(W) for W in self.W]
        self.db = [np.zeros_like(b) for b in self.b]
        self.errors = [[] for _ in self.W]

    def forward(self, sample):
        self.cache = {"a0": sample}
        for i, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            z = self.cache[f"a{i}"] @ W + b
            self.cache[f"z{i + 1}"] = z
            self.cache[f"a{i + 1}"] = self.network.layers[i].activation.f(z)
        return self.cache[f"a{len(self.W)}"]

    def backward(self, prediction, target):
        top = len(self.W)
        if self.network.is_canonical:
            error = prediction - target
        else:
            error = self.network.cost.gradient(prediction, target)
            error = error * self.network.layers[-1].activation.slope(self.cache[f"z{top}"])
        for i in range(top, 0, -1):
            self.dW[i - 1] += np.outer(self.cache[f"a{i - 1}"], error)
            self.db[i - 1] += error
            self.errors[i - 1].append(error)
            if i > 1:
                error = (self.W[i - 1] @ error) * self.network.layers[i - 2].activation.slope(self.cache[f"z{i - 1}"])

    def process(self, samples, targets):
        self.zero_grad()
        for sample, target in zip(samples, targets, strict=True):
            self.backward(self.forward(sample), target)

    def update(self, learning_rate):
        for i in range(len(self.W)):
            self.W[i] -= learning_rate * self.dW[i]
            self.b[i] -= learning_rate * self.db[i]


def backprop(network: Network, x, t) -> Gradients:
    mlp = MultilayerPerceptron(network)
    mlp.process(x, t)
    return Gradients(w=[g.T for g in mlp.dW], b=mlp.db, delta=[np.array(rows) for rows in mlp.errors])


def step(network: Network, x, t, learning_rate) -> Network:
    mlp = MultilayerPerceptron(network)
    mlp.process(x, t)
    mlp.update(learning_rate)
    return network.with_parameters([W.T for W in mlp.W], mlp.b)
