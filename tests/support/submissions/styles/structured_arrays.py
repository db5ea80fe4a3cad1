"""A structured array for each layer, a record for each neuron: its weights and its bias"""

import numpy as np

from harness import Network


def step(network: Network, x, t, learning_rate) -> Network:
    neurons = []
    for layer in network.layers:
        kind = np.dtype([("w", layer.w.dtype, layer.w.shape[1:]), ("b", layer.b.dtype)])
        neurons.append(np.zeros(len(layer.b), kind))
        neurons[-1]["w"], neurons[-1]["b"] = layer.w, layer.b
    a, z = [x], []
    for layer, one in zip(network.layers, neurons, strict=True):
        z.append(a[-1] @ one["w"].T + one["b"])
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * network.layers[-1].activation.slope(z[-1])
    for l in range(len(neurons) - 1, -1, -1):
        back = d @ neurons[l]["w"]
        neurons[l]["w"] -= learning_rate * (d.T @ a[l])
        neurons[l]["b"] -= learning_rate * d.sum(axis=0)
        d = back * network.layers[l - 1].activation.slope(z[l - 1]) if l else back
    return network.with_parameters([one["w"] for one in neurons], [one["b"] for one in neurons])
