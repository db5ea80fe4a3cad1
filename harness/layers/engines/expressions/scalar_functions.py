"""Expressions of numbers with each operator and function, and with constants on either side."""

from typing import Any

import numpy as np

from harness.layers import operations
from harness.layers.definition import Argument, LayerMistake
from harness.layers.engines.expression import expression

_AROUND_ONE = Argument("", scale=0.5, offset=1.5)
_OTHER = Argument("", scale=0.5, offset=-2.0)
_POSITIVE = Argument("", kind="positive", offset=0.5)


def cube_times(a: Any, b: Any) -> Any:
    return a**3 * b


def cube_times_backward(a: Any, b: Any) -> Any:
    da = b * 3 * a**2
    db = a**3
    return da, db


def negative_power(a: Any, b: Any) -> Any:
    return a**-2 * b


def negative_power_backward(a: Any, b: Any) -> Any:
    da = b * -2 * a**-3
    db = a**-2
    return da, db


def quotient(a: Any, b: Any) -> Any:
    return a / b


def quotient_backward(a: Any, b: Any) -> Any:
    da = 1 / b
    db = -a / b**2
    return da, db


def tanh_of_product(a: Any, b: Any) -> Any:
    z = a * b
    return np.tanh(z)


def tanh_of_product_backward(a: Any, b: Any) -> Any:
    z = a * b
    t = np.tanh(z)
    dz = 1 - t**2
    da = dz * b
    db = dz * a
    return da, db


def sigmoid_of_product(a: Any, b: Any) -> Any:
    z = a * b
    return operations.sigmoid(z)


def sigmoid_of_product_backward(a: Any, b: Any) -> Any:
    z = a * b
    s = operations.sigmoid(z)
    dz = s * (1 - s)
    da = dz * b
    db = dz * a
    return da, db


def relu_both_ways(a: Any, b: Any, c: Any) -> Any:
    return np.maximum(a, 0) * b + np.maximum(-a, 0) * c


def relu_both_ways_backward(a: Any, b: Any, c: Any) -> Any:
    da = b * (a > 0) - c * (-a > 0)
    db = np.maximum(a, 0)
    dc = np.maximum(-a, 0)
    return da, db, dc


def exponential(a: Any, b: Any) -> Any:
    return np.exp(a) * b


def exponential_backward(a: Any, b: Any) -> Any:
    da = np.exp(a) * b
    db = np.exp(a)
    return da, db


def logarithm(a: Any, b: Any) -> Any:
    return np.log(a) * b


def logarithm_backward(a: Any, b: Any) -> Any:
    da = b / a
    db = np.log(a)
    return da, db


def constants_right(a: Any) -> Any:
    return (a + 2.0) * 3.0 - a / 4.0 - 1.0


def constants_right_backward(a: Any) -> Any:
    da = a * 0 + 3.0 - 0.25
    return (da,)


def constants_left(a: Any) -> Any:
    return 2.0 + 3.0 * a


def constants_left_backward(a: Any) -> Any:
    da = a * 0 + 3.0
    return (da,)


def constant_minus(a: Any, b: Any) -> Any:
    return (1.0 - a) * b


def constant_minus_backward(a: Any, b: Any) -> Any:
    da = -b
    db = 1.0 - a
    return da, db


def constant_over(a: Any, b: Any) -> Any:
    return 2.0 / a * b


def constant_over_backward(a: Any, b: Any) -> Any:
    da = -2.0 * b / a**2
    db = 2.0 / a
    return da, db


EXPRESSIONS = (
    expression(
        "power",
        cube_times,
        cube_times_backward,
        {"a": _POSITIVE, "b": _OTHER},
        LayerMistake("exponent_missing", "b * 3 * a**2", "b * a**2", "the power rule lacks the exponent as a factor"),
        LayerMistake("exponent_kept", "3 * a**2", "3 * a**3", "the power rule lacks the - 1 in the exponent"),
    ),
    expression(
        "negative power",
        negative_power,
        negative_power_backward,
        {"a": _POSITIVE, "b": _OTHER},
        LayerMistake(
            "exponent_missing", "b * -2 * a**-3", "b * a**-3", "the power rule lacks the exponent as a factor"
        ),
        LayerMistake("exponent_kept", "-2 * a**-3", "-2 * a**-2", "the power rule lacks the - 1 in the exponent"),
    ),
    expression(
        "division",
        quotient,
        quotient_backward,
        {"a": _AROUND_ONE, "b": _OTHER},
        LayerMistake(
            "sign_of_divisor", "db = -a / b**2", "db = a / b**2", "the derivative of a / b by b lacks its sign"
        ),
        LayerMistake("divisor_not_squared", "db = -a / b**2", "db = -a / b", "in -a / b**2 the divisor is not squared"),
        LayerMistake(
            "dividend_left_out", "db = -a / b**2", "db = -1 / b**2", "in -a / b**2 the dividend a is left out"
        ),
    ),
    expression(
        "tanh",
        tanh_of_product,
        tanh_of_product_backward,
        {"a": Argument("", scale=0.2, offset=0.9), "b": Argument("", scale=0.2, offset=-1.0)},
        LayerMistake("not_squared", "dz = 1 - t**2", "dz = 1 - t", "tanh' is 1 - tanh², here the square is missing"),
        LayerMistake("of_input", "dz = 1 - t**2", "dz = 1 - z**2", "tanh' is taken of the input, not of the output"),
        LayerMistake("of_sigmoid", "dz = 1 - t**2", "dz = t * (1 - t)", "the derivative is that of a sigmoid"),
    ),
    expression(
        "sigmoid",
        sigmoid_of_product,
        sigmoid_of_product_backward,
        {"a": _AROUND_ONE, "b": _OTHER},
        LayerMistake("of_input", "dz = s * (1 - s)", "dz = z * (1 - z)", "sigmoid' is taken of the input"),
        LayerMistake("twice", "dz = s * (1 - s)", "dz = s", "the factor 1 - sigmoid is missing"),
    ),
    expression(
        "relu",
        relu_both_ways,
        relu_both_ways_backward,
        {"a": Argument(""), "b": _OTHER, "c": _AROUND_ONE},
        LayerMistake(
            "gate_of_gradient",
            "b * (a > 0) - c * (-a > 0)",
            "b * (b > 0) - c * (c > 0)",
            "the sign of the gradient decides in place of that of the value",
        ),
        LayerMistake(
            "no_gate", "b * (a > 0) - c * (-a > 0)", "b - c", "the gradient passes also where the value is negative"
        ),
    ),
    expression(
        "exp",
        exponential,
        exponential_backward,
        {"a": _AROUND_ONE, "b": _OTHER},
        LayerMistake("of_input", "da = np.exp(a) * b", "da = a * b", "exp' is taken as the input, not the output"),
        LayerMistake("twice", "da = np.exp(a) * b", "da = np.exp(np.exp(a)) * b", "exp is applied to the output again"),
    ),
    expression(
        "log of a small number",
        logarithm,
        logarithm_backward,
        {"a": Argument("", kind="positive", scale=1e-6, offset=1e-9), "b": _OTHER},
        LayerMistake("of_output", "da = b / a", "da = b / np.log(a)", "log' is 1 over the output, not over the input"),
        LayerMistake("epsilon", "da = b / a", "da = b / (a + 1e-6)", "1e-6 is added to the input on the way back"),
    ),
    expression("constants on the right", constants_right, constants_right_backward, {"a": _AROUND_ONE}),
    expression("constants on the left", constants_left, constants_left_backward, {"a": _AROUND_ONE}),
    expression(
        "constant minus number",
        constant_minus,
        constant_minus_backward,
        {"a": _AROUND_ONE, "b": _OTHER},
        LayerMistake("sides", "(1.0 - a) * b", "(a - 1.0) * b", "1 - a is computed as a - 1"),
    ),
    expression(
        "constant over number",
        constant_over,
        constant_over_backward,
        {"a": _AROUND_ONE, "b": _OTHER},
        LayerMistake("sides", "2.0 / a * b", "a / 2.0 * b", "2 / a is computed as a / 2"),
    ),
)
