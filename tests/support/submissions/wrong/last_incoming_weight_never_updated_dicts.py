"""Neurons as dictionaries, the row with a one at its end; the loop stops one short where the inputs have no such one"""

import numpy as np

from harness import Gradients, Unsupported

MISTAKE = "last_incoming_weight_never_updated"


def make_network(network):
    if network.layers[-1].activation.name == "softmax":
        raise Unsupported("every neuron has an activation of its own")
    return [
        [{"weights": [*w, b], "change": [0.0] * (len(w) + 1)} for w, b in zip(layer.w, layer.b, strict=True)]
        for layer in network.layers
    ]


def activate(weights, inputs):
    return weights[-1] + sum(weights[i] * inputs[i] for i in range(len(weights) - 1))


def forward_propagate(layers, network, row):
    inputs = row
    for neurons, layer in zip(layers, network.layers, strict=True):
        for neuron in neurons:
            neuron["sum"] = activate(neuron["weights"], inputs)
            neuron["output"] = layer.activation.f(neuron["sum"])
        inputs = [neuron["output"] for neuron in neurons]


def backward_propagate(layers, network, expected):
    for i in reversed(range(len(layers))):
        for j, neuron in enumerate(layers[i]):
            slope = network.layers[i].activation.slope(neuron["sum"])
            if i < len(layers) - 1:
                neuron["delta"] = slope * sum(n["weights"][j] * n["delta"] for n in layers[i + 1])
            elif network.is_canonical:
                neuron["delta"] = neuron["output"] - expected[j]
            else:
                neuron["delta"] = slope * network.cost.gradient(neuron["output"], expected[j])


def accumulate(layers, row):
    for i, neurons in enumerate(layers):
        inputs = row
        if i != 0:
            inputs = [neuron["output"] for neuron in layers[i - 1]]
        for neuron in neurons:
            for k in range(len(inputs) - 1):
                neuron["change"][k] += neuron["delta"] * inputs[k]
            neuron["change"][-1] += neuron["delta"]


def backprop(network, x, t):
    layers = make_network(network)
    for sample, expected in zip(x, t, strict=True):
        row = [*sample, 1.0]
        forward_propagate(layers, network, row)
        backward_propagate(layers, network, expected)
        accumulate(layers, row)
    changes = [np.array([neuron["change"] for neuron in neurons]) for neurons in layers]
    return Gradients(w=[c[:, :-1] for c in changes], b=[c[:, -1] for c in changes])


def step(network, x, t, learning_rate):
    g = backprop(network, x, t)
    pairs = list(zip(network.layers, g.w, g.b, strict=True))
    return network.with_parameters(
        [layer.w - learning_rate * w for layer, w, _ in pairs], [layer.b - learning_rate * b for layer, _, b in pairs]
    )
