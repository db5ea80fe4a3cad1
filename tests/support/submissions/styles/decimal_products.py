"""Products and sums of decimals with forty digits, rounded once for each entry; small networks only"""

from decimal import Context, Decimal

import numpy as np

from harness import Gradients, Network, Unsupported

MOST = 1000  # products in all
FORTY = Context(prec=40)


def exact(m):
    return [[Decimal(v) for v in row] for row in m.tolist()]


def dot(row, column):
    total = Decimal(0)
    for p, q in zip(row, column, strict=True):
        total = FORTY.fma(p, q, total)
    return float(total)


def times(a, b):
    columns = exact(b.T)
    return np.array([[dot(row, column) for column in columns] for row in exact(a)], a.dtype)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    if len(x) * sum(layer.w.size for layer in layers) > MOST:
        raise Unsupported(f"{MOST} products or fewer")
    for layer in layers:
        z.append(times(a[-1], layer.w.T) + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0], layers[l].w) * layers[l - 1].activation.slope(z[l - 1]))
    w = [times(d.T, i) for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [d.sum(axis=0) for d in delta], delta)
