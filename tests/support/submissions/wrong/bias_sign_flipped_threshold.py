"""Neurons with a threshold, z = sum of w x minus theta; the threshold's gradient is returned as that of the bias"""

import numpy as np

from harness import Gradients

MISTAKE = "bias_sign_flipped"


class ThresholdLayer:
    def __init__(self, layer):
        self.weights = layer.w
        self.theta = -layer.b
        self.activation = layer.activation
        self.d_weights = np.zeros_like(self.weights)
        self.d_theta = np.zeros_like(self.theta)

    def respond(self, pattern):
        self.pattern = pattern
        self.potential = self.weights @ pattern - self.theta
        return self.activation.f(self.potential)

    def adapt(self, delta):
        self.d_weights += np.outer(delta, self.pattern)
        self.d_theta += -delta
        return self.weights.T @ delta


def present(network, layers, pattern, wanted):
    """Show one pattern to the network and let every layer collect its part."""
    signal = pattern
    for layer in layers:
        signal = layer.respond(signal)
    if network.is_canonical:
        delta = signal - wanted
    else:
        delta = network.cost.gradient(signal, wanted) * layers[-1].activation.slope(layers[-1].potential)
    error = layers[-1].adapt(delta)
    for layer in layers[-2::-1]:
        error = layer.adapt(error * layer.activation.slope(layer.potential))


def backprop(network, x, t):
    layers = [ThresholdLayer(layer) for layer in network.layers]
    for pattern, wanted in zip(x, t, strict=True):
        present(network, layers, pattern, wanted)
    return Gradients(w=[layer.d_weights for layer in layers], b=[layer.d_theta for layer in layers])


def step(network, x, t, learning_rate):
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * dw for layer, dw in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * db for layer, db in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
