"""A model with fit(), in the manner of a library; only the output layer is ever trained"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "first_layer_never_updated"


class MLP:
    def __init__(self, network):
        self.network_ = network
        self.coefs_ = [layer.w.T for layer in network.layers]
        self.intercepts_ = [layer.b for layer in network.layers]

    def _forward(self, X):
        self._hidden, self._sums = [X], []
        for coef, intercept, layer in zip(self.coefs_, self.intercepts_, self.network_.layers, strict=True):
            self._sums.append(self._hidden[-1] @ coef + intercept)
            self._hidden.append(layer.activation.f(self._sums[-1]))
        return self._hidden[-1]

    def _loss_grad(self, X, y):
        out = self._forward(X)
        self.coef_grads_ = [np.zeros_like(coef) for coef in self.coefs_]
        self.intercept_grads_ = [np.zeros_like(intercept) for intercept in self.intercepts_]
        if self.network_.is_canonical:
            delta = out - y
        else:
            delta = self.network_.cost.gradient(out, y) * self.network_.layers[-1].activation.slope(self._sums[-1])
        self.coef_grads_[-1] += self._hidden[-2].T @ delta
        self.intercept_grads_[-1] += delta.sum(axis=0)

    def partial_fit(self, X, y, learning_rate):
        self._loss_grad(X, y)
        self.coefs_ = [c - learning_rate * g for c, g in zip(self.coefs_, self.coef_grads_, strict=True)]
        self.intercepts_ = [c - learning_rate * g for c, g in zip(self.intercepts_, self.intercept_grads_, strict=True)]
        return self


def backprop(network: Network, x, t) -> Gradients:
    model = MLP(network)
    model._loss_grad(x, t)
    return Gradients(w=[g.T for g in model.coef_grads_], b=model.intercept_grads_)


def step(network: Network, x, t, learning_rate) -> Network:
    model = MLP(network).partial_fit(x, t, learning_rate)
    return network.with_parameters([c.T for c in model.coefs_], model.intercepts_)
