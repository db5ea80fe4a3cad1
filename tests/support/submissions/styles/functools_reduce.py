"""functools.reduce: one fold forward over the layers, one fold back"""

from functools import reduce


def forward(state, layer):
    a, kept = state
    z = a @ layer.w.T + layer.b
    return layer.activation.f(z), ((layer, a, z), *kept)


def backward(state, one):
    error, gradients = state
    layer, a, z = one
    delta = error(layer, z)
    gradients = ((delta.T @ a, delta.sum(axis=0)), *gradients)
    return lambda below, z: (delta @ layer.w) * below.activation.slope(z), gradients


def backprop(network, x, t):
    output, kept = reduce(forward, network.layers, (x, ()))

    def first(layer, z):
        return output - t if network.is_canonical else (output - t) * layer.activation.slope(z)

    _, gradients = reduce(backward, kept, (first, ()))
    return tuple(zip(*gradients, strict=True))
