"""A network class with train(); the error, not the delta, travels back through the weights"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "sigma_prime_missing_in_error_sent_back"


class NeuralNetwork:
    def __init__(self, network):
        self.network = network
        self.weights = [layer.w for layer in network.layers]
        self.biases = [layer.b.reshape(-1, 1) for layer in network.layers]
        self.gradients_w = [np.zeros_like(w) for w in self.weights]
        self.gradients_b = [np.zeros_like(b) for b in self.biases]

    def query(self, inputs):
        self.signals, self.outputs = [], [inputs]
        for w, b, layer in zip(self.weights, self.biases, self.network.layers, strict=True):
            self.signals.append(w @ self.outputs[-1] + b)
            self.outputs.append(layer.activation.f(self.signals[-1].T).T)
        return self.outputs[-1]

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        final = self.query(inputs)

        # with its own activation, the cost already contains the derivative
        canonical = self.network.is_canonical
        errors = final - targets if canonical else self.network.cost.gradient(final, targets)
        for i in range(len(self.weights) - 1, -1, -1):
            if canonical and i == len(self.weights) - 1:
                change = errors
            else:
                change = errors * self.network.layers[i].activation.slope(self.signals[i])
            self.gradients_w[i] += change @ self.outputs[i].T
            self.gradients_b[i] += change
            errors = self.weights[i].T @ errors


def backprop(network: Network, x, t) -> Gradients:
    nn = NeuralNetwork(network)
    for inputs, targets in zip(x, t, strict=True):
        nn.train(inputs, targets)
    return Gradients(w=nn.gradients_w, b=[g[:, 0] for g in nn.gradients_b])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    new_w, new_b = [], []
    for layer, dw, db in zip(network.layers, g.w, g.b, strict=True):
        new_w.append(layer.w - learning_rate * dw)
        new_b.append(layer.b - learning_rate * db)
    return network.with_parameters(new_w, new_b)
