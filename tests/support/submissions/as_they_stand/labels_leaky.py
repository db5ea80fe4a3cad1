"""Softmax classifier with leaky ReLU layers; the labels are class numbers."""

import numpy as np

LEAK = 0.01


class Classifier:
    def __init__(self, dims, learning_rate=0.01):
        self.dims = dims
        self.learning_rate = learning_rate
        self.params = []
        for d_in, d_out in zip(dims, dims[1:]):
            self.params.append({"w": np.random.randn(d_in, d_out) * np.sqrt(2.0 / d_in), "b": np.zeros(d_out)})

    def forward(self, x):
        cache = []
        for p in self.params:
            z = x @ p["w"] + p["b"]
            cache.append((x, z))
            x = np.where(z > 0, z, LEAK * z)
        logits = cache[-1][1]
        exps = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exps / exps.sum(axis=1, keepdims=True), cache

    def cross_entropy(self, x, labels):
        probs, _ = self.forward(x)
        return -np.log(probs[range(len(labels)), labels]).mean()

    def backward(self, x, labels):
        probs, cache = self.forward(x)
        n = len(labels)
        grads = []
        delta = probs
        delta[range(n), labels] -= 1
        delta /= n
        for i in reversed(range(len(self.params))):
            inputs, _ = cache[i]
            grads.append({"w": inputs.T @ delta, "b": delta.sum(axis=0)})
            if i:
                z_before = cache[i - 1][1]
                delta = (delta @ self.params[i]["w"].T) * np.where(z_before > 0, 1, LEAK)
        return grads[::-1]

    def update(self, grads):
        for p, g in zip(self.params, grads):
            p["w"] -= self.learning_rate * g["w"]
            p["b"] -= self.learning_rate * g["b"]

    def train_on_batch(self, x, labels):
        self.update(self.backward(x, labels))
        return self.cross_entropy(x, labels)
