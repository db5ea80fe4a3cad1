"""The complex step Im C(p + ih) / h: a numerical derivative without cancellation"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "Squire and Trapp, Using Complex Variables to Estimate Derivatives of Real Functions, SIAM Review 40, 1998"
SUBGRADIENT = "any"  # at a kink of relu, Python's complex numbers are ordered by the real part first
H = 1e-100  # so small that the truncation error, of order h², underflows


def cost(network, x, t):
    a = x
    for layer in network.layers:
        a = layer.activation.f(a @ layer.w.T + layer.b)
    value = network.cost.value(a, t)
    if not np.isfinite(value):
        raise Unsupported(f"the cost computed from the outputs is {value.real}: an output has rounded to 0 or 1")
    return value


def complex_derivatives(network, parameter, x, t):
    """Im C(p + ih) / h for every entry p of a complex parameter array of the network."""
    derivatives = np.zeros(parameter.shape)
    for index in np.ndindex(parameter.shape):
        p = parameter[index]
        parameter[index] = p + 1j * H
        derivatives[index] = cost(network, x, t).imag / H
        parameter[index] = p
    return derivatives


def backprop(network: Network, x, t) -> Gradients:
    copy = network.with_parameters(
        w=[layer.w.astype(complex) for layer in network.layers],
        b=[layer.b.astype(complex) for layer in network.layers],
    )
    return Gradients(
        w=[complex_derivatives(copy, layer.w, x, t) for layer in copy.layers],
        b=[complex_derivatives(copy, layer.b, x, t) for layer in copy.layers],
    )
