"""Multilayer perceptron for several yes-or-no questions at once, trained with momentum."""

import numpy as np


class MultilayerPerceptron:
    def __init__(self, layer_sizes, lr=0.05, momentum=0.9):
        self.lr = lr
        self.momentum = momentum
        self.weights, self.biases = [], []
        for fan_in, fan_out in zip(layer_sizes[:-1], layer_sizes[1:]):
            self.weights.append(np.random.randn(fan_in, fan_out) / np.sqrt(fan_in))
            self.biases.append(np.zeros((1, fan_out)))
        self.reset_velocity()

    def reset_velocity(self):
        self.weight_velocity = [np.zeros_like(w) for w in self.weights]
        self.bias_velocity = [np.zeros_like(b) for b in self.biases]

    @staticmethod
    def logistic(z):
        return 1.0 / (1.0 + np.exp(-z))

    def forward(self, X):
        outputs = [X]
        for w, b in zip(self.weights, self.biases):
            outputs.append(self.logistic(outputs[-1] @ w + b))
        return outputs

    def predict(self, X):
        return self.forward(X)[-1]

    def loss(self, X, y):
        p = self.predict(X)
        return -np.mean(np.sum(y * np.log(p) + (1 - y) * np.log(1 - p), axis=1))

    def train_step(self, X, y):
        outputs = self.forward(X)
        delta = (outputs[-1] - y) / len(X)
        gradients = []
        for i in range(len(self.weights) - 1, -1, -1):
            gradients.insert(0, (outputs[i].T @ delta, delta.sum(axis=0, keepdims=True)))
            if i > 0:
                delta = delta @ self.weights[i].T * outputs[i] * (1 - outputs[i])
        for i, (dw, db) in enumerate(gradients):
            self.weight_velocity[i] = self.momentum * self.weight_velocity[i] - self.lr * dw
            self.bias_velocity[i] = self.momentum * self.bias_velocity[i] - self.lr * db
            self.weights[i] += self.weight_velocity[i]
            self.biases[i] += self.bias_velocity[i]
