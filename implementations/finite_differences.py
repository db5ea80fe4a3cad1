"""Central differences of the cost: two forward passes for every parameter"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "Andrew Ng, UFLDL tutorial, 'Gradient checking and advanced optimization', Stanford, 2011"
# The tutorial's step. In float64 the truncation, of order h², then outweighs the rounding of C, of order 1/h, so that
# the error is the method's and not the machine's.
H = 1e-4


def cost(network, x, t):
    a = x
    for layer in network.layers:
        # Not a @ w.T: a difference magnifies rounding, and that of a BLAS is not the same on every machine.
        a = layer.activation.f((a[:, None, :] * layer.w).sum(axis=2) + layer.b)
    value = network.cost.value(a, t)
    if not np.isfinite(value):
        raise Unsupported(f"the cost computed from the outputs is {value}: an output has rounded to 0 or 1")
    return value


def difference_quotients(network, parameter, x, t):
    """[C(p + h) − C(p − h)] / 2h for every entry p of an array that belongs to the network."""
    quotients = np.zeros_like(parameter)
    for index in np.ndindex(parameter.shape):
        p = parameter[index]
        above, below = p + H, p - H
        parameter[index] = above
        c_above = cost(network, x, t)
        parameter[index] = below
        c_below = cost(network, x, t)
        parameter[index] = p
        quotients[index] = (c_above - c_below) / (above - below)
    return quotients


def backprop(network: Network, x, t) -> Gradients:
    copy = network.with_parameters(
        w=[layer.w.astype(np.float64) for layer in network.layers],
        b=[layer.b.astype(np.float64) for layer in network.layers],
    )
    return Gradients(
        w=[difference_quotients(copy, layer.w, x, t) for layer in copy.layers],
        b=[difference_quotients(copy, layer.b, x, t) for layer in copy.layers],
    )
