"""Toy neural network, ported from a video: arrays become columns, and every matrix is transposed by hand."""

import numpy as np


def to_column(values):
    return np.array(values, dtype=float).reshape(-1, 1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dsigmoid(y):
    return y * (1 - y)


class ToyNetwork:
    def __init__(self, input_nodes, hidden_nodes, output_nodes):
        self.weights_ih = np.random.uniform(-1, 1, (hidden_nodes, input_nodes))
        self.weights_ho = np.random.uniform(-1, 1, (output_nodes, hidden_nodes))
        self.bias_h = np.random.uniform(-1, 1, (hidden_nodes, 1))
        self.bias_o = np.random.uniform(-1, 1, (output_nodes, 1))
        self.set_learning_rate()

    def set_learning_rate(self, learning_rate=0.1):
        self.learning_rate = learning_rate

    def predict(self, input_array):
        hidden = sigmoid(self.weights_ih @ to_column(input_array) + self.bias_h)
        output = sigmoid(self.weights_ho @ hidden + self.bias_o)
        return output.flatten().tolist()

    def train(self, input_array, target_array):
        inputs = to_column(input_array)
        hidden = sigmoid(self.weights_ih @ inputs + self.bias_h)
        outputs = sigmoid(self.weights_ho @ hidden + self.bias_o)

        output_errors = to_column(target_array) - outputs
        gradients = dsigmoid(outputs) * output_errors * self.learning_rate
        hidden_gradients = dsigmoid(hidden) * (self.weights_ho.T @ gradients)

        self.weights_ho += gradients @ hidden.T
        self.bias_o += gradients
        self.weights_ih += hidden_gradients @ inputs.T
        self.bias_h += hidden_gradients
