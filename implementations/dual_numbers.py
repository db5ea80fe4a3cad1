"""Forward mode with dual numbers, value + derivative·ε with ε² = 0: one pass per parameter"""

import numpy as np

from harness import Gradients, Network

SOURCE = "Clifford's dual numbers, as in Griewank and Walther, Evaluating Derivatives, chapter 3, SIAM 2008"


class Dual:
    """An array and its derivative, of the same shape, with respect to one parameter."""

    def __init__(self, value, derivative):
        self.value, self.derivative = value, derivative

    def __add__(self, other):
        return Dual(self.value + other.value, self.derivative + other.derivative)

    def __matmul__(self, other):
        return Dual(self.value @ other.value, self.value @ other.derivative + self.derivative @ other.value)

    @property
    def T(self):
        return Dual(self.value.T, self.derivative.T)

    def apply(self, activation):
        return Dual(activation.f(self.value), activation.slope(self.value) * self.derivative)


def cost_derivative(network, parameters, x, t):
    """dC/dp, where the derivatives in `parameters` are those with respect to p."""
    a = Dual(x, np.zeros_like(x))
    for layer, (w, b) in zip(network.layers, parameters, strict=True):
        z = a @ w.T + b
        if layer is network.layers[-1] and network.is_canonical:
            return ((layer.activation.f(z.value) - t) * z.derivative).sum()  # dC = δ^L · dz^L, with BP1
        a = z.apply(layer.activation)
    return (network.cost.gradient(a.value, t) * a.derivative).sum()


def backprop(network: Network, x, t) -> Gradients:
    parameters = [
        (Dual(layer.w, np.zeros_like(layer.w)), Dual(layer.b, np.zeros_like(layer.b))) for layer in network.layers
    ]
    gradients = []
    for dual in (array for pair in parameters for array in pair):
        gradient = np.zeros_like(dual.value)
        for index in np.ndindex(gradient.shape):
            dual.derivative[index] = 1
            gradient[index] = cost_derivative(network, parameters, x, t)
            dual.derivative[index] = 0
        gradients.append(gradient)
    return Gradients(w=gradients[0::2], b=gradients[1::2])
