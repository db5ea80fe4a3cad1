"""Three-layer network: syn0 and syn1 are the synapses, and b0 and b1 their biases."""

import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def init(n_in, n_hidden, n_out, seed=1):
    rng = np.random.RandomState(seed)
    syn0 = 2 * rng.random_sample((n_in, n_hidden)) - 1
    b0 = np.zeros((1, n_hidden))
    syn1 = 2 * rng.random_sample((n_hidden, n_out)) - 1
    b1 = np.zeros((1, n_out))
    return syn0, b0, syn1, b1


def feed(X, syn0, b0, syn1, b1):
    l1 = nonlin(np.dot(X, syn0) + b0)
    l2 = nonlin(np.dot(l1, syn1) + b1)
    return l1, l2


def train(X, y, syn0, b0, syn1, b1, iterations=60000, alpha=0.5):
    for j in range(iterations):
        l1, l2 = feed(X, syn0, b0, syn1, b1)

        l2_error = l2 - y
        if j % 10000 == 9999:
            print("Error after", j + 1, "iterations:", np.mean(np.abs(l2_error)))
        l2_delta = l2_error * nonlin(l2, deriv=True)

        l1_error = l2_delta.dot(syn1.T)
        l1_delta = l1_error * nonlin(l1, deriv=True)

        syn1 = syn1 - alpha * l1.T.dot(l2_delta)
        syn0 = syn0 - alpha * X.T.dot(l1_delta)
        b1 = b1 - alpha * np.sum(l2_delta, axis=0, keepdims=True)
        b0 = b0 - alpha * np.sum(l1_delta, axis=0, keepdims=True)
    return syn0, b0, syn1, b1
