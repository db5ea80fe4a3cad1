"""The neural network in eleven lines, as a function that takes the weights and returns better ones."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope(output):
    return output * (1 - output)


def predict(X, w1, w2):
    return sigmoid(np.dot(sigmoid(np.dot(X, w1)), w2))


def random_weights(n_in, n_hidden, n_out):
    return 2 * np.random.random((n_in, n_hidden)) - 1, 2 * np.random.random((n_hidden, n_out)) - 1


def train(X, y, w1, w2):
    # forward
    l1 = sigmoid(np.dot(X, w1))
    l2 = sigmoid(np.dot(l1, w2))
    # how far are we from the target, and how sure
    l2_delta = (y - l2) * slope(l2)
    # how much did each l1 value contribute
    l1_delta = l2_delta.dot(w2.T) * slope(l1)
    # better weights
    return w1 + X.T.dot(l1_delta), w2 + l1.T.dot(l2_delta)
