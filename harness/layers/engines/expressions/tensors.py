"""Expressions of arrays: broadcasting and its sum back, products of matrices, sums along an axis."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, LayerMistake
from harness.layers.engines.expression import expression

_TENSOR_SIZES = {"rows and columns differ": {"N": 3, "M": 4, "K": 2}, "one row": {"N": 1, "M": 3, "K": 2}}
_SIZES_APART = {"rows and columns differ": {"N": 3, "M": 4, "K": 2}, "more rows": {"N": 5, "M": 2, "K": 3}}
_MATRIX = Argument("N M")
_POSITIVE_MATRIX = Argument("N M", kind="positive", offset=0.5)
_NOT_SUMMED = "a broadcast array's gradient is not summed back to its shape"
_SUMMED_SOURCE = "https://github.com/deeplearning4j/nd4j/issues/2424"


def uses_of_array(x: Any) -> Any:
    return (x * x + x).sum()


def uses_of_array_backward(x: Any) -> Any:
    dx = x + x + 1
    return (dx,)


def row_added(x: Any, b: Any) -> Any:
    return ((x + b) * x).sum()


def row_added_backward(x: Any, b: Any) -> Any:
    dx = x + x + b
    db = x.sum(axis=0)
    return dx, db


def column_multiplied(x: Any, c: Any) -> Any:
    return (x * c).sum()


def column_multiplied_backward(x: Any, c: Any) -> Any:
    dx = x * 0 + c
    dc = x.sum(axis=1, keepdims=True)
    return dx, dc


def row_divides(x: Any, b: Any) -> Any:
    return (x / b).sum()


def row_divides_backward(x: Any, b: Any) -> Any:
    dx = x * 0 + 1 / b
    db = (-x / b**2).sum(axis=0)
    return dx, db


def product_of_matrices(x: Any, w: Any) -> Any:
    z = x @ w
    return (z * z).sum()


def product_of_matrices_backward(x: Any, w: Any) -> Any:
    dz = 2 * (x @ w)
    dx = dz @ w.T
    dw = x.T @ dz
    return dx, dw


def sum_of_rows(x: Any, b: Any) -> Any:
    return (x.sum(axis=0) * b).sum()


def sum_of_rows_backward(x: Any, b: Any) -> Any:
    dx = x * 0 + b
    db = x.sum(axis=0)
    return dx, db


def relu_of_array(x: Any, y: Any) -> Any:
    return (np.maximum(x, 0) * y).sum()


def relu_of_array_backward(x: Any, y: Any) -> Any:
    dx = y * (x > 0)
    dy = np.maximum(x, 0)
    return dx, dy


def tanh_of_array(x: Any, y: Any) -> Any:
    return (np.tanh(x) * y).sum()


def tanh_of_array_backward(x: Any, y: Any) -> Any:
    t = np.tanh(x)
    dx = y * (1 - t**2)
    dy = t
    return dx, dy


def power_of_array(x: Any, y: Any) -> Any:
    return (x**3 * y).sum()


def power_of_array_backward(x: Any, y: Any) -> Any:
    dx = y * 3 * x**2
    dy = x**3
    return dx, dy


def exp_and_log(x: Any, y: Any) -> Any:
    return (np.exp(x) * np.log(y)).sum()


def exp_and_log_backward(x: Any, y: Any) -> Any:
    dx = np.exp(x) * np.log(y)
    dy = np.exp(x) / y
    return dx, dy


EXPRESSIONS = (
    expression(
        "array with reuse",
        uses_of_array,
        uses_of_array_backward,
        {"x": _MATRIX},
        LayerMistake("last_use", "dx = x + x + 1", "dx = x", "only the last use is kept (= in place of +=)"),
        LayerMistake("last_sum", "dx = x + x + 1", "dx = x * 0 + 1", "only one use is kept (= in place of +=)"),
        cases=_TENSOR_SIZES,
    ),
    expression(
        "row added to a matrix",
        row_added,
        row_added_backward,
        {"x": _MATRIX, "b": Argument("M")},
        LayerMistake("not_summed", "db = x.sum(axis=0)", "db = x", _NOT_SUMMED, _SUMMED_SOURCE),
        LayerMistake("mean", "db = x.sum(axis=0)", "db = x.mean(axis=0)", "the rows are averaged, not summed back"),
        LayerMistake("one_row", "db = x.sum(axis=0)", "db = x[0]", "only the first row is kept, not the sum"),
        cases=_SIZES_APART,
    ),
    expression(
        "column times a matrix",
        column_multiplied,
        column_multiplied_backward,
        {"x": _MATRIX, "c": Argument("N 1")},
        LayerMistake(
            "not_summed",
            "dc = x.sum(axis=1, keepdims=True)",
            "dc = x",
            _NOT_SUMMED,
            "https://github.com/tracel-ai/burn/issues/181",
        ),
        LayerMistake(
            "axis_lost",
            "axis=1, keepdims=True",
            "axis=1",
            "the axis of length 1 is lost when the gradient is summed back",
        ),
        cases=_SIZES_APART,
    ),
    expression(
        "matrix over a row",
        row_divides,
        row_divides_backward,
        {"x": _MATRIX, "b": Argument("M", scale=0.3, offset=-2.0)},
        LayerMistake("sign", "(-x / b**2)", "(x / b**2)", "the derivative of a / b by b lacks its sign"),
        LayerMistake("not_summed", "(-x / b**2).sum(axis=0)", "(-x / b**2)", _NOT_SUMMED, _SUMMED_SOURCE),
        cases=_SIZES_APART,
    ),
    expression(
        "product of matrices",
        product_of_matrices,
        product_of_matrices_backward,
        {"x": _MATRIX, "w": Argument("M K")},
        LayerMistake("last_use", "dz = 2 * (x @ w)", "dz = x @ w", "only the last use of z is kept (= in place of +=)"),
        LayerMistake(
            "transposed", "dw = x.T @ dz", "dw = (x.T @ dz).T", "the gradient of the right factor is transposed"
        ),
        cases=_TENSOR_SIZES,
    ),
    expression(
        "sum along an axis", sum_of_rows, sum_of_rows_backward, {"x": _MATRIX, "b": Argument("M")}, cases=_TENSOR_SIZES
    ),
    expression(
        "relu of an array",
        relu_of_array,
        relu_of_array_backward,
        {"x": _MATRIX, "y": _MATRIX},
        LayerMistake(
            "gate_of_gradient", "y * (x > 0)", "y * (y > 0)", "the sign of the gradient decides, not that of the value"
        ),
        cases=_TENSOR_SIZES,
    ),
    expression(
        "tanh of an array",
        tanh_of_array,
        tanh_of_array_backward,
        {"x": _MATRIX, "y": _MATRIX},
        LayerMistake("not_squared", "1 - t**2", "1 - t", "tanh' is 1 - tanh², here the square is missing"),
        LayerMistake("of_input", "1 - t**2", "1 - x**2", "tanh' is taken of the input, not of the output"),
        cases=_TENSOR_SIZES,
    ),
    expression(
        "power of an array",
        power_of_array,
        power_of_array_backward,
        {"x": _POSITIVE_MATRIX, "y": _MATRIX},
        LayerMistake("exponent_missing", "y * 3 * x**2", "y * x**2", "the power rule lacks the exponent as a factor"),
        LayerMistake("exponent_kept", "y * 3 * x**2", "y * 3 * x**3", "the power rule lacks the - 1 in the exponent"),
        cases=_TENSOR_SIZES,
    ),
    expression(
        "exp and log of arrays",
        exp_and_log,
        exp_and_log_backward,
        {"x": _MATRIX, "y": _POSITIVE_MATRIX},
        LayerMistake(
            "log_of_output", "np.exp(x) / y", "np.exp(x) / np.log(y)", "log' is 1 over the output, not the input"
        ),
        LayerMistake("exp_of_input", "np.exp(x) * np.log(y)", "x * np.log(y)", "exp' is taken as the input"),
        cases=_TENSOR_SIZES,
    ),
)
