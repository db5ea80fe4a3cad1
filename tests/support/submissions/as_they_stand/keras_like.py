"""A small model with add, compile and fit, for regression."""

import numpy as np

ACTIVATIONS = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z: 1 / (1 + np.exp(-z))),
}


class Dense:
    def __init__(self, units, activation="linear"):
        self.units = units
        self.function, self.derivative = ACTIVATIONS[activation]

    def build(self, input_dim):
        self.kernel = np.random.randn(input_dim, self.units) / np.sqrt(input_dim)
        self.bias = np.zeros(self.units)

    def call(self, inputs):
        self.inputs = inputs
        self.z = inputs @ self.kernel + self.bias
        return self.function(self.z)

    def backward(self, grad, lr):
        dz = grad * self.derivative(self.z)
        below = dz @ self.kernel.T
        self.kernel -= lr * self.inputs.T @ dz
        self.bias -= lr * dz.sum(axis=0)
        return below


class Model:
    def __init__(self, input_dim):
        self.input_dim = input_dim
        self.layers = []

    def add(self, layer):
        layer.build(self.layers[-1].units if self.layers else self.input_dim)
        self.layers.append(layer)

    def compile(self, loss="mse", learning_rate=0.01):
        self.loss = loss
        self.learning_rate = learning_rate

    def predict(self, x):
        for layer in self.layers:
            x = layer.call(x)
        return x

    def evaluate(self, x, y):
        return np.mean((self.predict(x) - y) ** 2)

    def fit(self, x, y, epochs=1, batch_size=32, verbose=0):
        for epoch in range(epochs):
            for start in range(0, len(x), batch_size):
                xb, yb = x[start : start + batch_size], y[start : start + batch_size]
                grad = 2 * (self.predict(xb) - yb) / yb.size
                for layer in reversed(self.layers):
                    grad = layer.backward(grad, self.learning_rate)
            if verbose:
                print(f"epoch {epoch + 1}: {self.loss} {self.evaluate(x, y):.4f}")


def build_model(sizes):
    model = Model(sizes[0])
    for units in sizes[1:-1]:
        model.add(Dense(units, activation="softplus"))
    model.add(Dense(sizes[-1]))
    model.compile(loss="mse", learning_rate=0.05)
    return model
