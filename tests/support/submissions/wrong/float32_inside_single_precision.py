"""Cast to single precision on entry, as on a graphics card, and back to double at the end"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "float32_inside"

REAL = np.float32


def cast(array):
    return np.asarray(array, dtype=REAL)


def forward_and_backward(network, x, t):
    W = [cast(layer.w) for layer in network.layers]
    b = [cast(layer.b) for layer in network.layers]
    x, t = cast(x), cast(t)

    acts, zs = [x], []
    for Wi, bi, layer in zip(W, b, network.layers, strict=True):
        zs.append(acts[-1] @ Wi.T + bi)
        acts.append(cast(layer.activation.f(zs[-1])))

    if network.is_canonical:
        delta = acts[-1] - t
    else:
        delta = cast(network.cost.gradient(acts[-1], t)) * cast(network.layers[-1].activation.slope(zs[-1]))
    deltas = [delta]
    for i in range(len(W) - 2, -1, -1):
        deltas.insert(0, (deltas[0] @ W[i + 1]) * cast(network.layers[i].activation.slope(zs[i])))
    dW = [d.T @ a for d, a in zip(deltas, acts[:-1], strict=True)]
    db = [d.sum(axis=0) for d in deltas]
    return dW, db, deltas


def backprop(network: Network, x, t) -> Gradients:
    dW, db, deltas = forward_and_backward(network, x, t)
    return Gradients(
        w=[g.astype(np.float64) for g in dW],
        b=[g.astype(np.float64) for g in db],
        delta=[d.astype(np.float64) for d in deltas],
    )
