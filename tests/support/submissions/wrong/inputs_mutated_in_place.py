"""step moves the weights of the network that it is given, in place, and hands the same network back"""

from harness import Gradients, Network

MISTAKE = "inputs_mutated"


class SGD:
    def __init__(self, network, lr):
        self.network = network
        self.lr = lr

    def apply(self, grads):
        for layer, gw, gb in zip(self.network.layers, grads.w, grads.b, strict=True):
            w, b = layer.w, layer.b
            w -= self.lr * gw
            b -= self.lr * gb


def backprop(network: Network, x, t) -> Gradients:
    tape = []
    h = x
    for layer in network.layers:
        z = h @ layer.w.T + layer.b
        tape.append((layer, h, z))
        h = layer.activation.f(z)

    upstream = None
    w, b, delta = [], [], []
    while tape:
        layer, inputs, z = tape.pop()
        if upstream is not None:
            d = upstream * layer.activation.slope(z)
        elif network.is_canonical:
            d = h - t
        else:
            d = network.cost.gradient(h, t) * layer.activation.slope(z)
        w.append(d.T @ inputs)
        b.append(d.sum(axis=0))
        delta.append(d)
        upstream = d @ layer.w
    return Gradients(w[::-1], b[::-1], delta[::-1])


def step(network: Network, x, t, learning_rate) -> Network:
    optimizer = SGD(network, learning_rate)
    optimizer.apply(backprop(network, x, t))
    return network
