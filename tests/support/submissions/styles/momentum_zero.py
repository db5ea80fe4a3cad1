"""An optimiser with momentum and weight decay, both 0, made anew for each step"""

import numpy as np

from harness import Gradients, Network


class Optimiser:
    def __init__(self, parameters, rate, momentum=0.0, decay=0.0):
        self.parameters, self.rate, self.momentum, self.decay = parameters, rate, momentum, decay
        self.velocity = [np.zeros_like(one) for one in parameters]

    def step(self, gradients):
        for one, v, g in zip(self.parameters, self.velocity, gradients, strict=True):
            v *= self.momentum
            v -= self.rate * (g + self.decay * one)
            one += v


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a[:-1], strict=True)], [d.sum(axis=0) for d in delta])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w, b = [layer.w.copy() for layer in network.layers], [layer.b.copy() for layer in network.layers]
    Optimiser(w + b, learning_rate).step([*g.w, *g.b])
    return network.with_parameters(w, b)
