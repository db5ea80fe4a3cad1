"""One neuron at a time: each layer is a list of dictionaries, and every sum is a loop"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = (
    "Jason Brownlee, How to Code a Neural Network with Backpropagation In Python (from scratch), "
    "machinelearningmastery.com/implement-backpropagation-algorithm-scratch-python, 2016"
)


def initialize_network(network):
    """The layers, each a list of neurons; a neuron is a dictionary with its weights and the bias last."""
    if network.cost.name != "half_squared_error":
        raise Unsupported("the article has the squared error only")
    return [
        [{"weights": [*w, b]} for w, b in zip(layer.w.tolist(), layer.b.tolist(), strict=True)]
        for layer in network.layers
    ]


def forward_propagate(layers, activations, row):
    inputs = row
    for layer, activation in zip(layers, activations, strict=True):
        outputs = []
        for neuron in layer:
            z = neuron["weights"][-1]
            for i in range(len(inputs)):
                z += neuron["weights"][i] * inputs[i]
            neuron["output"] = activation.f(z)
            outputs.append(neuron["output"])
        inputs = outputs


def backward_propagate_error(layers, activations, expected):
    for i in reversed(range(len(layers))):
        for j, neuron in enumerate(layers[i]):
            if i == len(layers) - 1:
                error = neuron["output"] - expected[j]
            else:
                error = 0
                for next_neuron in layers[i + 1]:
                    error += next_neuron["weights"][j] * next_neuron["delta"]
            neuron["delta"] = error * activations[i].slope_from_output(neuron["output"])  # BP1, BP2


def weight_gradients(layers, row):
    """For each neuron of each layer, the gradients of its weights and the bias last."""
    gradients, inputs = [], row
    for layer in layers:
        gradients.append([[n["delta"] * i for i in inputs] + [n["delta"]] for n in layer])  # BP4, BP3
        inputs = [neuron["output"] for neuron in layer]
    return gradients


def backprop(network: Network, x, t) -> Gradients:
    layers, activations = initialize_network(network), [layer.activation for layer in network.layers]
    totals = [[[0] * len(neuron["weights"]) for neuron in layer] for layer in layers]
    delta = [[] for _ in layers]
    for row, expected in zip(x.tolist(), t.tolist(), strict=True):
        forward_propagate(layers, activations, row)
        backward_propagate_error(layers, activations, expected)
        for l, layer in enumerate(weight_gradients(layers, row)):
            delta[l].append([neuron["delta"] for neuron in layers[l]])
            for j, gradient in enumerate(layer):
                for k in range(len(gradient)):
                    totals[l][j][k] += gradient[k]
    return Gradients(
        w=[[total[:-1] for total in layer] for layer in totals],
        b=[[total[-1] for total in layer] for layer in totals],
        delta=delta,
    )


def step(network: Network, x, t, learning_rate) -> Network:
    if len(x) != 1:
        raise Unsupported("updates are online: one row a step")
    layers, activations = initialize_network(network), [layer.activation for layer in network.layers]
    [row], [expected] = x.tolist(), t.tolist()
    forward_propagate(layers, activations, row)
    backward_propagate_error(layers, activations, expected)
    for layer, gradients in zip(layers, weight_gradients(layers, row), strict=True):
        for neuron, gradient in zip(layer, gradients, strict=True):
            for k in range(len(gradient)):
                neuron["weights"][k] -= learning_rate * gradient[k]  # rule
    return network.with_parameters(
        w=[np.array([n["weights"][:-1] for n in layer], dtype=x.dtype) for layer in layers],
        b=[np.array([n["weights"][-1] for n in layer], dtype=x.dtype) for layer in layers],
    )
