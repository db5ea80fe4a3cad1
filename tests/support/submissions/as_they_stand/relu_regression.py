"""Regression with one hidden layer of ReLU units and a linear output; mean squared error."""

import numpy as np


class Regressor:
    def __init__(self, n_in, n_hidden, n_out=1):
        self.w_hidden = np.random.randn(n_in, n_hidden) * np.sqrt(2 / n_in)
        self.b_hidden = np.random.randn(n_hidden) * 0.5
        self.w_out = np.random.randn(n_hidden, n_out) * np.sqrt(1 / n_hidden)
        self.b_out = np.zeros(n_out)

    def predict(self, x):
        hidden = np.maximum(x @ self.w_hidden + self.b_hidden, 0)
        return hidden @ self.w_out + self.b_out

    def mse(self, x, y):
        return np.mean(np.sum((self.predict(x) - y) ** 2, axis=1))

    def gradient(self, x, y):
        n = x.shape[0]
        pre = x @ self.w_hidden + self.b_hidden
        hidden = np.maximum(pre, 0)
        error = hidden @ self.w_out + self.b_out - y

        d_out = 2 * error / n
        d_hidden = (d_out @ self.w_out.T) * (pre > 0)
        return {
            "w_hidden": x.T @ d_hidden,
            "b_hidden": d_hidden.sum(axis=0),
            "w_out": hidden.T @ d_out,
            "b_out": d_out.sum(axis=0),
        }

    def descend(self, x, y, rate=0.01, steps=100):
        for _ in range(steps):
            for name, g in self.gradient(x, y).items():
                setattr(self, name, getattr(self, name) - rate * g)
        return self.mse(x, y)
