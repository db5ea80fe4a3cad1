"""Central differences of the cost: two forward passes per parameter"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "Stanford CS231n, Neural Networks Part 3, 'Gradient checks'; cs231n.github.io/neural-networks-3"
SUBGRADIENT = "any"  # at a kink of relu, it is the mean of both slopes


def cost(network, x, t):
    a = x
    for layer in network.layers:
        # Not a @ w.T: the difference magnifies rounding errors, and those of a BLAS differ between machines.
        a = layer.activation.f((a[:, None, :] * layer.w).sum(axis=2) + layer.b)
    value = network.cost.value(a, t)
    if not np.isfinite(value):
        raise Unsupported(f"the cost computed from the outputs is {value}: an output has rounded to 0 or 1")
    return value


def difference_quotients(network, parameter, x, t):
    """[C(p + h) − C(p − h)] / 2h for every entry p of a parameter array of the network."""
    quotients = np.zeros_like(parameter)
    for index in np.ndindex(parameter.shape):
        p = parameter[index]
        # This h balances the truncation error, of order h², and the rounding error of C, of order 1/h.
        h = np.cbrt(np.finfo(parameter.dtype).eps) * max(1, abs(p))
        above, below = p + h, p - h
        parameter[index] = above
        c_above = cost(network, x, t)
        parameter[index] = below
        c_below = cost(network, x, t)
        parameter[index] = p
        quotients[index] = (c_above - c_below) / (above - below)
    return quotients


def backprop(network: Network, x, t) -> Gradients:
    copy = network.with_parameters(
        w=[layer.w.copy() for layer in network.layers],
        b=[layer.b.copy() for layer in network.layers],
    )
    return Gradients(
        w=[difference_quotients(copy, layer.w, x, t) for layer in copy.layers],
        b=[difference_quotients(copy, layer.b, x, t) for layer in copy.layers],
    )
