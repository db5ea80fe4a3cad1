"""A deep network for curves: every sample is a row vector, and the gradients of a batch are added up."""

import numpy as np


def f(x):
    return np.tanh(x)


def df(x):
    return 1 / np.cosh(x) ** 2


class DeepNet:
    def __init__(self, layers):
        self.n = len(layers) - 1
        self.learning_rate = 0.02
        self.weights = [np.random.uniform(-1, 1, (layers[i], layers[i + 1])) for i in range(self.n)]
        self.biases = [np.random.uniform(-1, 1, (1, layers[i + 1])) for i in range(self.n)]

    def run(self, x):
        a = np.reshape(x, (1, -1))
        for i in range(self.n):
            s = a @ self.weights[i] + self.biases[i]
            a = s if i == self.n - 1 else f(s)
        return a

    def error(self, batch_x, batch_y):
        return sum(0.5 * np.sum((self.run(x) - y) ** 2) for x, y in zip(batch_x, batch_y))

    def train_batch(self, batch_x, batch_y):
        grad_w = [np.zeros(w.shape) for w in self.weights]
        grad_b = [np.zeros(b.shape) for b in self.biases]
        for x, y in zip(batch_x, batch_y):
            outs, sums = [np.reshape(x, (1, -1))], []
            for i in range(self.n):
                sums.append(outs[i] @ self.weights[i] + self.biases[i])
                outs.append(sums[i] if i == self.n - 1 else f(sums[i]))
            d = outs[-1] - y
            for i in range(self.n - 1, -1, -1):
                grad_w[i] += outs[i].T @ d
                grad_b[i] += d
                if i > 0:
                    d = (d @ self.weights[i].T) * df(sums[i - 1])
        for i in range(self.n):
            self.weights[i] -= self.learning_rate * grad_w[i]
            self.biases[i] -= self.learning_rate * grad_b[i]
