"""The activation functions and their derivatives.

Every function accepts a float or an array of any float dtype, and returns the same type and shape. For floats, exp and
tanh are those of Python's math module, as in the articles that use them. f also accepts complex numbers, for the
complex step. At the kinks the derivatives follow PyTorch: relu'(0) = 0 and leaky_relu'(0) = LEAKY_RELU_SLOPE.
"""

from __future__ import annotations

import math
import sys

import numpy as np

from harness.model.contract import Activation, Numbers

LEAKY_RELU_SLOPE = 0.01  # the default negative_slope of torch.nn.LeakyReLU

# Where f is flat, exp may overflow to infinity without harm: 1 / inf is the correct 0.
_LARGEST_EXPONENT = math.log(sys.float_info.max)
_overflow_to_infinity = np.errstate(over="ignore")


def _exp(z: Numbers) -> Numbers:
    if type(z) is not float:
        return np.exp(z)
    return math.exp(z) if z < _LARGEST_EXPONENT else math.inf


def _tanh(z: Numbers) -> Numbers:
    return math.tanh(z) if type(z) is float else np.tanh(z)


@_overflow_to_infinity
def _sigmoid(z: Numbers) -> Numbers:
    return 1 / (1 + _exp(-z))


def _sigmoid_slope(z: Numbers) -> Numbers:
    e = _exp(-abs(z))  # σ' is an even function; this form has no cancellation, so it is accurate for every z
    return e / (1 + e) ** 2


def _sigmoid_slope_from_output(a: Numbers) -> Numbers:
    return a * (1 - a)


def _tanh_slope(z: Numbers) -> Numbers:
    e = _exp(-2 * abs(z))
    return 4 * e / (1 + e) ** 2


def _tanh_slope_from_output(a: Numbers) -> Numbers:
    return 1 - a * a


def _relu(z: Numbers) -> Numbers:
    return np.maximum(z, 0)


def _relu_slope(z: Numbers) -> Numbers:
    return np.sign(_relu(z))  # also correct for the argument a, because a > 0 exactly where z > 0


def _leaky_relu(z: Numbers) -> Numbers:
    return np.maximum(z, LEAKY_RELU_SLOPE * z)


def _leaky_relu_slope(z: Numbers) -> Numbers:
    return np.maximum(_relu_slope(z), LEAKY_RELU_SLOPE)


@_overflow_to_infinity
def _softplus(z: Numbers) -> Numbers:
    positive = np.maximum(z, 0)
    return positive + np.log1p(np.exp(z - 2 * positive))


def _softplus_slope_from_output(a: Numbers) -> Numbers:
    return -np.expm1(-a)  # a = log(1 + e^z), so σ(z) = 1 − e^{−a}


def _identity(z: Numbers) -> Numbers:
    return z


def _ones_like(z: Numbers) -> Numbers:
    return z**0  # keeps the type and the shape of the argument


def _softmax(z: Numbers) -> Numbers:
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


ACTIVATIONS = {
    activation.name: activation
    for activation in (
        Activation("sigmoid", _sigmoid, _sigmoid_slope, _sigmoid_slope_from_output),
        Activation("tanh", _tanh, _tanh_slope, _tanh_slope_from_output),
        Activation("relu", _relu, _relu_slope, _relu_slope),
        Activation("leaky_relu", _leaky_relu, _leaky_relu_slope, _leaky_relu_slope),
        Activation("softplus", _softplus, _sigmoid, _softplus_slope_from_output),
        Activation("identity", _identity, _ones_like, _ones_like),
        Activation("softmax", _softmax, None, None),
    )
}
