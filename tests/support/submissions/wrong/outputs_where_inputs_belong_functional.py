"""Functional style with zip and pairs; the weight gradient is made of the layer's outputs, not of its inputs"""

from itertools import pairwise

from harness import Gradients, Network

MISTAKE = "outputs_where_inputs_belong"


def forward(layers, x):
    """Pairs (z, a) of every layer."""
    pairs, a = [], x
    for layer in layers:
        z = a @ layer.w.T + layer.b
        a = layer.activation.f(z)
        pairs.append((z, a))
    return pairs


def output_delta(network, z, a, t):
    if network.is_canonical:
        return a - t
    return network.cost.gradient(a, t) * network.layers[-1].activation.slope(z)


def send_back(delta, upper, lower, z):
    return (delta @ upper.w) * lower.activation.slope(z)


def outer_sum(delta, values, shape):
    """The sum over the samples of delta times values."""
    return (delta.T @ values).reshape(shape)


def backprop(network: Network, x, t) -> Gradients:
    pairs = forward(network.layers, x)
    zs, outputs = zip(*pairs, strict=True)
    deltas = [output_delta(network, zs[-1], outputs[-1], t)]
    backwards = zip(pairwise(network.layers[::-1]), zs[-2::-1], strict=True)
    for (upper, lower), z in backwards:
        deltas.append(send_back(deltas[-1], upper, lower, z))
    deltas = deltas[::-1]
    shapes = [layer.w.shape for layer in network.layers]
    dw = [outer_sum(d, a, shape) for d, a, shape in zip(deltas, outputs, shapes, strict=True)]
    return Gradients(w=dw, b=[d.sum(axis=0) for d in deltas], delta=deltas)
