"""Rows of samples, results collected from the back in deques; the bias gradient is the delta of the first row"""

from collections import deque

import numpy as np

from harness import Gradients, Network

MISTAKE = "bias_first_sample_only"


def cost_slope(network, prediction, target, net_input):
    if network.is_canonical:
        return np.subtract(prediction, target)
    activation = network.layers[-1].activation
    return np.multiply(network.cost.gradient(prediction, target), activation.slope(net_input))


def backprop(network: Network, x, t) -> Gradients:
    net_inputs, outputs = deque(), deque([x])
    for layer in network.layers:
        net_inputs.append(np.inner(outputs[-1], layer.w) + layer.b)
        outputs.append(layer.activation.f(net_inputs[-1]))

    weight_grads, bias_grads, deltas = deque(), deque(), deque()
    delta = cost_slope(network, outputs.pop(), t, net_inputs.pop())
    layers = deque(network.layers)
    while layers:
        layer = layers.pop()
        weight_grads.appendleft(np.tensordot(delta, outputs.pop(), axes=(0, 0)))
        bias_grads.appendleft(delta[0].copy())
        deltas.appendleft(delta)
        if layers:
            delta = np.matmul(delta, layer.w) * layers[-1].activation.slope(net_inputs.pop())

    return Gradients(w=list(weight_grads), b=list(bias_grads), delta=list(deltas))
