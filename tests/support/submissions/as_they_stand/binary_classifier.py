"""Logistic classifier with a hidden layer of tanh units; y holds a 0 or a 1 for each row."""

import numpy as np


class BinaryClassifier:
    def __init__(self, n_features, n_hidden, lr=0.5):
        self.lr = lr
        self.W1 = np.random.randn(n_features, n_hidden) * 0.5
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, 1) * 0.5
        self.b2 = np.zeros((1, 1))

    def forward(self, X):
        self.A1 = np.tanh(X @ self.W1 + self.b1)
        self.A2 = 1.0 / (1.0 + np.exp(-(self.A1 @ self.W2 + self.b2)))
        return self.A2

    def predict_proba(self, X):
        return self.forward(X).ravel()

    def predict(self, X):
        return (self.predict_proba(X) > 0.5).astype(int)

    def compute_loss(self, X, y):
        p = self.predict_proba(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def backward(self, X, y):
        m = X.shape[0]
        dZ2 = self.A2 - y.reshape(-1, 1)
        dW2 = self.A1.T @ dZ2 / m
        db2 = np.sum(dZ2, axis=0, keepdims=True) / m
        dZ1 = dZ2 @ self.W2.T * (1 - self.A1**2)
        dW1 = X.T @ dZ1 / m
        db1 = np.sum(dZ1, axis=0, keepdims=True) / m
        return dW1, db1, dW2, db2

    def fit(self, X, y, n_iter=1000):
        for _ in range(n_iter):
            self.forward(X)
            dW1, db1, dW2, db2 = self.backward(X, y)
            self.W1 -= self.lr * dW1
            self.b1 -= self.lr * db1
            self.W2 -= self.lr * dW2
            self.b2 -= self.lr * db2
        return self
