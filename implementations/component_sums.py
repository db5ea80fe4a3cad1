"""The chain rule in index notation, with the Iverson bracket for the weights and without matrix products"""

import numpy as np

from harness import Gradients, Network

SOURCE = "the answers on BP2 and on ∂z/∂w of Nielsen's chapter 2 at math.stackexchange.com, in components"


def forward(network, x):
    """For one sample: the activations a^0..a^L and the slopes f'(z^1)..f'(z^L), as lists of numbers."""
    a, slopes = [x.tolist()], []
    for layer in network.layers:
        w, b = layer.w.tolist(), layer.b.tolist()
        z = [sum(w[j][k] * a[-1][k] for k in range(len(a[-1]))) + b[j] for j in range(len(b))]
        z = np.array(z, dtype=x.dtype)
        a.append(layer.activation.f(z).tolist())
        slopes.append(None if layer.activation.slope is None else layer.activation.slope(z).tolist())
    return a, slopes


def output_delta(network, a, t, slope):
    if network.is_canonical:
        return [a[j] - t[j] for j in range(len(t))]  # BP1
    gradient = network.cost.gradient(np.array(a, dtype=t.dtype), t).tolist()
    return [gradient[j] * slope[j] for j in range(len(t))]  # BP1


def backprop_one(network, x, t):
    """For one sample: δ^l[k], and ∂C/∂w^l[i][j] = Σ_k δ^l[k] ∂z_k/∂w_ij with ∂z_k/∂w_ij = [i = k] x_j."""
    a, slopes = forward(network, x)
    deltas = [output_delta(network, a[-1], t, slopes[-1])]
    for l in range(len(network.layers) - 1, 0, -1):
        w, after, slope = network.layers[l].w.tolist(), deltas[0], slopes[l - 1]
        deltas.insert(
            0,
            [sum(after[j] * w[j][k] * slope[k] for j in range(len(after))) for k in range(len(slope))],  # BP2
        )
    gradients = []
    for inputs, delta in zip(a[:-1], deltas, strict=True):
        rows, columns = range(len(delta)), range(len(inputs))
        gradients.append([[sum(delta[k] * (i == k) * inputs[j] for k in rows) for j in columns] for i in rows])  # BP4
    return deltas, gradients


def backprop(network: Network, x, t) -> Gradients:
    samples = [backprop_one(network, x_row, t_row) for x_row, t_row in zip(x, t, strict=True)]
    w, b, delta = [], [], []
    for l, layer in enumerate(network.layers):
        rows, columns = range(layer.w.shape[0]), range(layer.w.shape[1])
        w.append([[sum(gradients[l][i][j] for _, gradients in samples) for j in columns] for i in rows])
        b.append([sum(deltas[l][i] for deltas, _ in samples) for i in rows])  # BP3
        delta.append([deltas[l] for deltas, _ in samples])
    return Gradients(w, b, delta)


def step(network: Network, x, t, learning_rate) -> Network:
    gradients = backprop(network, x, t)
    w, b = [], []
    for layer, gw, gb in zip(network.layers, gradients.w, gradients.b, strict=True):
        old_w, old_b = layer.w.tolist(), layer.b.tolist()
        rows, columns = range(layer.w.shape[0]), range(layer.w.shape[1])
        moved = [[old_w[i][j] - learning_rate * gw[i][j] for j in columns] for i in rows]  # rule
        w.append(np.array(moved, dtype=x.dtype))
        b.append(np.array([old_b[i] - learning_rate * gb[i] for i in rows], dtype=x.dtype))
    return network.with_parameters(w, b)
