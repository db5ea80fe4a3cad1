"""Operations in place, on copies and on buffers of its own"""

import numpy as np

from harness import Network


def step(network: Network, x, t, learning_rate) -> Network:
    w, b = [layer.w.copy() for layer in network.layers], [layer.b.copy() for layer in network.layers]
    f, a, z = [layer.activation for layer in network.layers], [x], []
    for l in range(len(w)):
        sums = np.empty((len(x), len(b[l])), x.dtype)
        np.matmul(a[l], w[l].T, out=sums)
        sums += b[l]
        z.append(sums)
        a.append(f[l].f(sums))
    d = np.subtract(a[-1], t)
    if not network.is_canonical:
        d *= f[-1].slope(z[-1])
    for l in range(len(w) - 1, -1, -1):
        back = d @ w[l]
        if l:
            back *= f[l - 1].slope(z[l - 1])
        d *= learning_rate
        w[l] -= d.T @ a[l]
        b[l] -= d.sum(axis=0)
        d = back
    return network.with_parameters(w, b)
