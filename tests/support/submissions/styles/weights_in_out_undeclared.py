"""Weights [inputs, outputs], apart from the biases; not declared"""

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    W, f = [layer.w.T for layer in network.layers], [layer.activation for layer in network.layers]
    a, z = [x], []
    for l, layer in enumerate(network.layers):
        z.append(a[l] @ W[l] + layer.b)
        a.append(f[l].f(z[l]))
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * f[-1].slope(z[-1])]
    for l in range(len(W) - 1, 0, -1):
        delta.insert(0, (delta[0] @ W[l].T) * f[l - 1].slope(z[l - 1]))
    return Gradients([i.T @ d for d, i in zip(delta, a[:-1], strict=True)], [d.sum(axis=0) for d in delta], delta)
