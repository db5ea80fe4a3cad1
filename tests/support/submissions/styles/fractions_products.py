"""Products and sums of fractions, exact, and rounded once for each entry; small networks only"""

from fractions import Fraction

import numpy as np

from harness import Gradients, Network, Unsupported

MOST = 400  # products in all


def exact(m):
    return [[Fraction(v) for v in row] for row in m.tolist()]


def times(a, b, plus=None):
    rows, columns = exact(a), exact(b.T)
    start = [0] * len(columns) if plus is None else exact(plus[None])[0]
    entries = [[float(sum(map(Fraction.__mul__, r, c), s)) for c, s in zip(columns, start, strict=True)] for r in rows]
    return np.array(entries, a.dtype)


def backprop(network: Network, x, t) -> Gradients:
    layers, a, z = network.layers, [x], []
    if len(x) * sum(layer.w.size for layer in layers) > MOST:
        raise Unsupported(f"{MOST} products or fewer")
    for layer in layers:
        z.append(times(a[-1], layer.w.T, plus=layer.b))
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t]
    if not network.is_canonical:
        delta[0] = delta[0] * layers[-1].activation.slope(z[-1])
    for l in range(len(layers) - 1, 0, -1):
        delta.insert(0, times(delta[0], layers[l].w) * layers[l - 1].activation.slope(z[l - 1]))
    ones = np.ones((1, len(x)), x.dtype)
    w = [times(d.T, i) for d, i in zip(delta, a[:-1], strict=True)]
    return Gradients(w, [times(ones, d)[0] for d in delta], delta)
