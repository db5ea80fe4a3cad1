"""Digit classifier with weight decay; W1 and W2 hold one row for each unit."""

import numpy as np


def one_hot(labels, n_classes):
    return np.eye(n_classes)[labels]


def softmax(s):
    e = np.exp(s - np.max(s, axis=1)[:, np.newaxis])
    return e / np.sum(e, axis=1)[:, np.newaxis]


def weight_gradient(delta, inputs):
    return delta.T @ inputs


class DigitNet:
    def __init__(self, n_inputs, n_hidden, n_outputs, l2=0.01, eta=0.1):
        self.l2 = l2
        self.eta = eta
        self.W1 = np.random.normal(scale=0.1, size=(n_hidden, n_inputs))
        self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.normal(scale=0.1, size=(n_outputs, n_hidden))
        self.b2 = np.zeros(n_outputs)

    def forward(self, X):
        self.H = np.tanh(X @ self.W1.T + self.b1)
        return softmax(self.H @ self.W2.T + self.b2)

    def cost(self, X, Y):
        P = self.forward(X)
        penalty = self.l2 / 2 * (np.sum(self.W1**2) + np.sum(self.W2**2))
        return -np.sum(Y * np.log(P)) / len(X) + penalty

    def fit_batch(self, X, Y):
        P = self.forward(X)
        d2 = (P - Y) / X.shape[0]
        d1 = (d2 @ self.W2) * (1.0 - self.H**2)
        dW2 = weight_gradient(d2, self.H) + self.l2 * self.W2
        dW1 = weight_gradient(d1, X) + self.l2 * self.W1
        self.W2 -= self.eta * dW2
        self.b2 -= self.eta * d2.sum(axis=0)
        self.W1 -= self.eta * dW1
        self.b1 -= self.eta * d1.sum(axis=0)

    def accuracy(self, X, labels):
        return np.mean(self.forward(X).argmax(axis=1) == labels)
