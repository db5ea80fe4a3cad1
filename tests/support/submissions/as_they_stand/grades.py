"""Predict a grade from hours of sleep and study."""

import numpy as np


class NeuralNetwork:
    def __init__(self, input_size=2, hidden_size=3, output_size=1):
        self.W1 = np.random.randn(input_size, hidden_size)
        self.b1 = np.random.randn(hidden_size)
        self.W2 = np.random.randn(hidden_size, output_size)
        self.b2 = np.random.randn(output_size)

    def sigmoid(self, s):
        return 1 / (1 + np.exp(-s))

    def sigmoid_prime(self, s):
        return s * (1 - s)

    def forward(self, X):
        self.z = np.dot(X, self.W1) + self.b1
        self.z2 = self.sigmoid(self.z)
        self.z3 = np.dot(self.z2, self.W2) + self.b2
        return self.sigmoid(self.z3)

    def backward(self, X, y, o):
        self.o_error = y - o
        self.o_delta = self.o_error * self.sigmoid_prime(o)
        self.z2_error = self.o_delta.dot(self.W2.T)
        self.z2_delta = self.z2_error * self.sigmoid_prime(self.z2)
        self.W1 += X.T.dot(self.z2_delta)
        self.b1 += self.z2_delta.sum(axis=0)
        self.W2 += self.z2.T.dot(self.o_delta)
        self.b2 += self.o_delta.sum(axis=0)

    def train(self, X, y):
        o = self.forward(X)
        self.backward(X, y, o)

    def predict(self, X):
        return self.forward(X)
