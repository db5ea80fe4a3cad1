"""Rows of samples with named tuples; the weight gradient comes out transposed and is reshaped until it fits"""

from typing import NamedTuple

import numpy as np

from harness import Gradients, Network


class Trace(NamedTuple):
    inputs: np.ndarray
    z: np.ndarray
    outputs: np.ndarray


MISTAKE = "weight_gradient_transposed"


def trace(network, x):
    traces = []
    for layer in network.layers:
        z = np.matmul(x, layer.w.T) + layer.b
        traces.append(Trace(inputs=x, z=z, outputs=layer.activation.f(z)))
        x = traces[-1].outputs
    return traces


def gradients_of_layer(layer, inputs, delta):
    dW = np.matmul(inputs.T, delta)
    dW = np.reshape(dW, layer.w.shape)
    db = np.sum(delta, axis=0)
    return dW, db


def backprop(network: Network, x, t) -> Gradients:
    traces = trace(network, x)
    last = traces[-1]
    if network.is_canonical:
        delta = last.outputs - t
    else:
        delta = network.cost.gradient(last.outputs, t) * network.layers[-1].activation.slope(last.z)

    w, b = [], []
    for l in range(len(traces) - 1, -1, -1):
        dW, db = gradients_of_layer(network.layers[l], traces[l].inputs, delta)
        w.append(dW)
        b.append(db)
        if l:
            delta = np.matmul(delta, network.layers[l].w)
            delta *= network.layers[l - 1].activation.slope(traces[l - 1].z)
    w.reverse()
    b.reverse()
    return Gradients(w, b)
