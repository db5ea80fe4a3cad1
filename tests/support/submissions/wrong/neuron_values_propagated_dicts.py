"""Lists of dictionaries, one per neuron; the neurons' values are sent back instead of their deltas"""

import numpy as np

from harness import Gradients

MISTAKE = "neuron_values_propagated"


def build(network):
    return [
        [{"w": list(w), "b": b, "dw": [0.0] * len(w), "db": 0.0} for w, b in zip(layer.w, layer.b, strict=True)]
        for layer in network.layers
    ]


def forward(net, network, values):
    for neurons, layer in zip(net, network.layers, strict=True):
        totals = []
        for n in neurons:
            n["inputs"] = values
            n["total"] = n["b"] + sum(wi * vi for wi, vi in zip(n["w"], values, strict=True))
            totals.append(n["total"])
        values = list(layer.activation.f(np.array(totals)))
        for n, value in zip(neurons, values, strict=True):
            n["value"] = value


def backward(net, network, wanted):
    for n, y in zip(net[-1], wanted, strict=True):
        if network.is_canonical:
            n["delta"] = n["value"] - y
        else:
            n["delta"] = network.cost.gradient(n["value"], y) * network.layers[-1].activation.slope(n["total"])
    for i in range(len(net) - 2, -1, -1):
        for j, n in enumerate(net[i]):
            error = 0.0
            for m in net[i + 1]:
                error += m["w"][j] * m["value"]
            n["delta"] = error * network.layers[i].activation.slope(n["total"])


def backprop(network, x, t):
    net = build(network)
    for sample, wanted in zip(x, t, strict=True):
        forward(net, network, list(sample))
        backward(net, network, wanted)
        for neurons in net:
            for n in neurons:
                n["db"] += n["delta"]
                n["dw"] = [g + n["delta"] * v for g, v in zip(n["dw"], n["inputs"], strict=True)]
    return Gradients(
        w=[np.array([n["dw"] for n in neurons]) for neurons in net],
        b=[np.array([n["db"] for n in neurons]) for neurons in net],
    )
