"""A neuron keeps what went in and what came out of it; its weights' changes take the former."""

from __future__ import annotations

import numpy as np

from harness import Unsupported

MISTAKE = "weighted_sums_where_outputs_belong"


class Neuron:
    """One neuron with its incoming weights; `inner` is its weighted sum, `outer` its output."""

    def __init__(self, weights, bias, activation):
        self.weights, self.bias, self.activation = weights, bias, activation

    def fire(self, values):
        self.inner = float(self.weights @ values + self.bias)
        self.outer = float(self.activation.f(self.inner))
        return self.outer


def backprop(network, x, t):
    if network.layers[-1].activation.name == "softmax":
        raise Unsupported("neurons one by one, so no softmax")
    layers = [
        [Neuron(w, b, layer.activation) for w, b in zip(layer.w, layer.b, strict=True)] for layer in network.layers
    ]
    dw, db = [np.zeros_like(layer.w) for layer in network.layers], [np.zeros_like(layer.b) for layer in network.layers]
    for row, target in zip(x, t, strict=True):
        values = row
        for layer in layers:
            values = np.array([neuron.fire(values) for neuron in layer])
        for l in range(len(layers) - 1, -1, -1):
            for j, neuron in enumerate(layers[l]):
                if l < len(layers) - 1:
                    error = sum(above.weights[j] * above.delta for above in layers[l + 1])
                else:
                    error = neuron.outer - target[j]
                slope = 1.0 if l == len(layers) - 1 and network.is_canonical else neuron.activation.slope(neuron.inner)
                neuron.delta = error * float(slope)
                below = row if l == 0 else [one.inner for one in layers[l - 1]]
                dw[l][j] += neuron.delta * np.asarray(below)
                db[l][j] += neuron.delta
    return {"w": dw, "b": db}
