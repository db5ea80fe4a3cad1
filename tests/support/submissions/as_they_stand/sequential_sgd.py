"""A sequential model made of dense layers, and an optimiser that moves its weights."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Dense:
    def __init__(self, in_features, out_features):
        limit = np.sqrt(6 / (in_features + out_features))
        self.weight = np.random.uniform(-limit, limit, size=(in_features, out_features))
        self.bias = np.zeros((1, out_features))
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = np.zeros_like(self.bias)

    def forward(self, x):
        self.x = x
        self.out = sigmoid(x @ self.weight + self.bias)
        return self.out

    def backward(self, grad):
        grad = grad * self.out * (1 - self.out)
        self.grad_weight = self.x.T @ grad
        self.grad_bias = grad.sum(axis=0, keepdims=True)
        return grad @ self.weight.T


class Sequential:
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad


class MeanSquaredError:
    def __call__(self, pred, target):
        self.diff = pred - target
        return np.sum(self.diff**2) / len(pred)

    def backward(self):
        return 2 * self.diff / len(self.diff)


class SGD:
    def __init__(self, lr=0.1):
        self.lr = lr

    def step(self, model):
        for layer in model.layers:
            layer.weight -= self.lr * layer.grad_weight
            layer.bias -= self.lr * layer.grad_bias


def train_step(model, criterion, optimizer, x, y):
    loss = criterion(model.forward(x), y)
    model.backward(criterion.backward())
    optimizer.step(model)
    return loss
