"""A list of penalised layers, in which the first one is twice, by a slip of copy and paste"""

from harness import Gradients

MISTAKE = "penalty_doubled"
L2 = 0.1


def penalised(network):
    layers = list(range(len(network.layers)))
    return [0, *layers]


def backprop(network, x, t):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    deltas = [a[-1] - t]
    if not network.is_canonical:
        deltas = [network.cost.gradient(a[-1], t) * network.layers[-1].activation.slope(z[-1])]
    for layer, below, sums in zip(network.layers[:0:-1], network.layers[-2::-1], z[-2::-1], strict=True):
        deltas.insert(0, deltas[0] @ layer.w * below.activation.slope(sums))
    w = [delta.T @ inputs for delta, inputs in zip(deltas, a[:-1], strict=True)]
    for l in penalised(network):
        w[l] = w[l] + L2 * network.layers[l].w
    return Gradients(w, [delta.sum(axis=0) for delta in deltas], deltas)
