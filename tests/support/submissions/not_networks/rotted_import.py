"""A network that splits its data with a module that scikit-learn no longer has."""

import numpy as np
from sklearn.cross_validation import train_test_split


class NeuralNetwork:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out)

    def forward(self, X):
        self.h = np.tanh(X.dot(self.W1))
        return self.h.dot(self.W2)

    def train(self, X, y, lr=0.01):
        error = self.forward(X) - y
        hidden = error.dot(self.W2.T) * (1 - self.h**2)
        self.W2 -= lr * self.h.T.dot(error)
        self.W1 -= lr * X.T.dot(hidden)

    def evaluate(self, X, y):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3)
        for _ in range(1000):
            self.train(X_train, y_train)
        return np.mean((self.forward(X_test) - y_test) ** 2)
