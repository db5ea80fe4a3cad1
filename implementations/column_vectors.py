"""Nielsen's BP1 to BP4: one column vector per sample, gradients summed over the batch"""

import numpy as np

from harness import Gradients, Network

SOURCE = "Michael Nielsen, Neural Networks and Deep Learning, chapter 2, neuralnetworksanddeeplearning.com, 2015"


def backprop_one(network, x, y):
    """For one sample: the deltas δ^1..δ^L and the activations a^0..a^L, columns [n_l, 1]."""
    activation = x
    activations, zs = [x], []
    for layer in network.layers:
        z = layer.w @ activation + layer.b.reshape(-1, 1)
        zs.append(z)
        activation = layer.activation.f(z.T).T  # softmax acts on rows
        activations.append(activation)

    if network.is_canonical:
        delta = activation - y  # BP1
    else:
        delta = network.cost.gradient(activation, y) * network.layers[-1].activation.slope(zs[-1])  # BP1
    deltas = [delta]
    for l in range(2, len(network.layers) + 1):
        next_layer, layer = network.layers[-l + 1], network.layers[-l]
        delta = (next_layer.w.T @ delta) * layer.activation.slope(zs[-l])  # BP2
        deltas.insert(0, delta)
    return deltas, activations


def backprop(network: Network, x, t) -> Gradients:
    nabla_w = [np.zeros_like(layer.w) for layer in network.layers]
    nabla_b = [np.zeros_like(layer.b) for layer in network.layers]
    columns = [[] for _ in network.layers]
    for x_row, t_row in zip(x, t, strict=True):
        deltas, activations = backprop_one(network, x_row.reshape(-1, 1), t_row.reshape(-1, 1))
        for l, delta in enumerate(deltas):
            nabla_b[l] = nabla_b[l] + delta[:, 0]  # BP3
            nabla_w[l] = nabla_w[l] + delta @ activations[l].T  # BP4
            columns[l].append(delta[:, 0])
    return Gradients(w=nabla_w, b=nabla_b, delta=[np.array(rows, dtype=x.dtype) for rows in columns])


def step(network: Network, x, t, learning_rate) -> Network:
    nabla = backprop(network, x, t)
    return network.with_parameters(
        w=[layer.w - learning_rate * nw for layer, nw in zip(network.layers, nabla.w, strict=True)],  # rule
        b=[layer.b - learning_rate * nb for layer, nb in zip(network.layers, nabla.b, strict=True)],
    )
