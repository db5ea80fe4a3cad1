"""Dictionaries of gradients; the penalty is λ Σ w², and the 2 of its derivative is forgotten"""

import numpy as np

MISTAKE = "penalty_halved"
L2 = 0.2
L2_HALF = False


def propagate(network, x):
    memory = {"A0": x}
    for number, layer in enumerate(network.layers, start=1):
        memory[f"Z{number}"] = np.matmul(memory[f"A{number - 1}"], layer.w.T) + layer.b
        memory[f"A{number}"] = layer.activation.f(memory[f"Z{number}"])
    return memory


def backprop(network, x, t):
    memory, grads = propagate(network, x), {}
    last = len(network.layers)
    upstream = None
    for number in range(last, 0, -1):
        layer = network.layers[number - 1]
        if number < last:
            grads[f"dZ{number}"] = upstream * layer.activation.slope(memory[f"Z{number}"])
        elif network.is_canonical:
            grads[f"dZ{number}"] = memory[f"A{number}"] - t
        else:
            wanted = network.cost.gradient(memory[f"A{number}"], t)
            grads[f"dZ{number}"] = wanted * layer.activation.slope(memory[f"Z{number}"])
        grads[f"dW{number}"] = np.matmul(grads[f"dZ{number}"].T, memory[f"A{number - 1}"]) + L2 * layer.w
        grads[f"db{number}"] = np.sum(grads[f"dZ{number}"], axis=0)
        upstream = np.matmul(grads[f"dZ{number}"], layer.w)
    numbers = range(1, last + 1)
    return {
        "w": [grads[f"dW{number}"] for number in numbers],
        "b": [grads[f"db{number}"] for number in numbers],
        "delta": [grads[f"dZ{number}"] for number in numbers],
    }
