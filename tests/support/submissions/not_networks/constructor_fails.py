"""A network whose constructor reads weights from a file that is not there."""

import numpy as np


class Network:
    def __init__(self, sizes):
        self.sizes = sizes
        stored = np.load("weights/trained_2019.npz")
        self.weights = [stored[f"w{i}"] for i in range(len(sizes) - 1)]
        self.biases = [stored[f"b{i}"] for i in range(len(sizes) - 1)]

    def feedforward(self, x):
        for w, b in zip(self.weights, self.biases):
            x = np.tanh(w @ x + b)
        return x

    def backprop(self, x, y):
        activations = [x]
        for w, b in zip(self.weights, self.biases):
            activations.append(np.tanh(w @ activations[-1] + b))
        delta = (activations[-1] - y) * (1 - activations[-1] ** 2)
        nabla_w, nabla_b = [], []
        for l in range(len(self.weights) - 1, -1, -1):
            nabla_w.insert(0, np.outer(delta, activations[l]))
            nabla_b.insert(0, delta)
            delta = (self.weights[l].T @ delta) * (1 - activations[l] ** 2)
        return nabla_w, nabla_b
