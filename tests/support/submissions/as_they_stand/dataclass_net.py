"""Functions on a plain record of weights; the gradient is a record of the same kind."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Net:
    weights: list
    biases: list


def random_net(sizes, scale=0.7):
    shapes = list(zip(sizes[1:], sizes[:-1]))
    return Net([scale * np.random.randn(*s) for s in shapes], [scale * np.random.randn(s[0]) for s in shapes])


def logistic(v):
    return 1 / (1 + np.exp(-v))


def outputs(net, X):
    all_outputs = [X]
    for W, b in zip(net.weights, net.biases):
        all_outputs.append(logistic(all_outputs[-1] @ W.T + b))
    return all_outputs


def cost(net, X, Y):
    return np.sum((outputs(net, X)[-1] - Y) ** 2) / (2 * len(X))


def gradients(net, X, Y):
    a = outputs(net, X)
    n = len(X)
    delta = (a[-1] - Y) * a[-1] * (1 - a[-1])
    dW, db = [delta.T @ a[-2] / n], [delta.sum(axis=0) / n]
    for l in range(len(net.weights) - 1, 0, -1):
        delta = delta @ net.weights[l] * a[l] * (1 - a[l])
        dW.insert(0, delta.T @ a[l - 1] / n)
        db.insert(0, delta.sum(axis=0) / n)
    return Net(dW, db)


def descend(net, X, Y, rate):
    g = gradients(net, X, Y)
    return Net(
        [W - rate * dW for W, dW in zip(net.weights, g.weights)],
        [b - rate * db for b, db in zip(net.biases, g.biases)],
    )
