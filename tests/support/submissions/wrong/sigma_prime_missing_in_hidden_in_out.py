"""Weights as (inputs, outputs), samples as rows; the hidden layers forget their slope"""

from harness import Gradients, Network

MISTAKE = "sigma_prime_missing_in_hidden"


def predict(weights, biases, acts, X):
    hidden, pre = [X], []
    for W, b, act in zip(weights, biases, acts, strict=True):
        pre.append(hidden[-1].dot(W) + b)
        hidden.append(act.f(pre[-1]))
    return hidden, pre


def gradients(network, X, y):
    weights = [layer.w.T for layer in network.layers]
    biases = [layer.b for layer in network.layers]
    acts = [layer.activation for layer in network.layers]
    hidden, pre = predict(weights, biases, acts, X)

    if network.is_canonical:
        delta = hidden[-1] - y
    else:
        delta = network.cost.gradient(hidden[-1], y) * acts[-1].slope(pre[-1])

    dW, db = [], []
    for i in range(len(weights) - 1, -1, -1):
        dW.insert(0, hidden[i].T.dot(delta))
        db.insert(0, delta.sum(axis=0))
        delta = delta.dot(weights[i].T)
    return weights, biases, dW, db


def backprop(network: Network, x, t) -> Gradients:
    _, _, dW, db = gradients(network, x, t)
    return Gradients(w=[g.T for g in dW], b=db)


def step(network: Network, x, t, learning_rate) -> Network:
    weights, biases, dW, db = gradients(network, x, t)
    for i in range(len(weights)):
        weights[i] = weights[i] - learning_rate * dW[i]
        biases[i] = biases[i] - learning_rate * db[i]
    return network.with_parameters([W.T for W in weights], biases)
