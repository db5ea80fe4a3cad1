"""All deltas of a sample at once: the solution of a triangular system with one block row for each layer"""

import numpy as np
from scipy.linalg import solve_triangular

from harness import Gradients, Network


def deltas(network, x, t):
    """δ^1 to δ^L, [n, n_l] each, and the inputs of each layer."""
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    last = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    ends = np.cumsum([0, *(len(layer.b) for layer in layers)])
    solved = []
    for i in range(len(x)):
        system, right = np.eye(ends[-1], dtype=x.dtype), np.zeros(ends[-1], x.dtype)
        right[ends[-2] :] = last[i]
        for l in range(len(layers) - 1):
            here, above = slice(ends[l], ends[l + 1]), slice(ends[l + 1], ends[l + 2])
            system[here, above] = -(layers[l].activation.slope(z[l])[i][:, None] * layers[l + 1].w.T)
        solved.append(solve_triangular(system, right, unit_diagonal=True))
    return np.split(np.array(solved), ends[1:-1], axis=1), a[:-1]


def backprop(network: Network, x, t) -> Gradients:
    delta, a = deltas(network, x, t)
    return Gradients([d.T @ i for d, i in zip(delta, a, strict=True)], [d.sum(axis=0) for d in delta], delta)
