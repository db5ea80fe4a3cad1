"""The squared error without the half in front, in plain loops over neurons, one sample after the other"""

import numpy as np

from harness import Gradients, Unsupported

HALF = False


def feed(layers, sample):
    outputs, sums = [list(sample)], []
    for layer in layers:
        sums.append([])
        for j in range(len(layer.b)):
            total = layer.b[j]
            for k in range(len(outputs[-1])):
                total = total + layer.w[j][k] * outputs[-1][k]
            sums[-1].append(total)
        outputs.append([layer.activation.f(total) for total in sums[-1]])
    return outputs, sums


def blame(layers, outputs, sums, target):
    """d(sum of squared errors) / d(sum of each neuron), layer by layer."""
    last = len(layers) - 1
    blames = [None] * len(layers)
    blames[last] = [
        2 * (outputs[-1][j] - target[j]) * layers[last].activation.slope(sums[last][j]) for j in range(len(target))
    ]
    for l in range(last - 1, -1, -1):
        blames[l] = []
        for k in range(len(layers[l].b)):
            back = sum(layers[l + 1].w[j][k] * blames[l + 1][j] for j in range(len(blames[l + 1])))
            blames[l].append(back * layers[l].activation.slope(sums[l][k]))
    return blames


def backprop(network, x, t):
    if network.cost.name != "half_squared_error":
        raise Unsupported("the squared error only")
    w = [np.zeros_like(layer.w) for layer in network.layers]
    b = [np.zeros_like(layer.b) for layer in network.layers]
    rows = [[] for _ in network.layers]
    for sample, target in zip(x, t, strict=True):
        outputs, sums = feed(network.layers, sample)
        for l, blames in enumerate(blame(network.layers, outputs, sums, target)):
            rows[l].append(blames)
            for j in range(len(blames)):
                b[l][j] += blames[j]
                for k in range(len(outputs[l])):
                    w[l][j, k] += blames[j] * outputs[l][k]
    return Gradients(w=w, b=b, delta=[np.array(row) for row in rows])
