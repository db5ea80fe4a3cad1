"""What the scripts that drive objects need beside expressions: set an attribute, read a gradient, label rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import Fault
from harness.sandbox.host.scripts.variables import TapeVariable


def placed(holder: Any, key: Any, array: Array) -> Array:
    """Put an array in an attribute or an entry, and return it in the shape that it has there.

    Where an array is there already, the new one takes its shape if they differ only in axes of length 1.
    """
    is_entry = isinstance(holder, (list, dict))
    before = (holder[key] if isinstance(holder, list) or key in holder else None) if is_entry else None
    before = before if is_entry else getattr(holder, key, None)
    shape = np.shape(before) if isinstance(before, np.ndarray) else array.shape
    if [n for n in shape if n != 1] == [n for n in array.shape if n != 1]:
        array = array.reshape(shape)
    if is_entry:
        holder[key] = array
    else:
        setattr(holder, key, array)
    return array


def gradient_of(value: Any, parameter: Array, argument: Array) -> Any:
    """A gradient in the shape of the argument if it has that of the parameter, which holds the argument."""
    if value is None or np.shape(value) != parameter.shape:
        return value
    return np.reshape(value, argument.shape)


def matrix_turned(value: Any) -> Any:
    """The transpose of a matrix; None as it is."""
    return None if value is None else np.transpose(value)


def gates_moved(array: Array, order: str) -> Array:
    """The four blocks of the last axis in another order."""
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[int(n)] for n in order], axis=-1)


def gates_moved_back(value: Any, order: str) -> Any:
    """The inverse of `gates_moved`; None as it is."""
    return None if value is None else gates_moved(value, "".join(str(order.index(str(n))) for n in range(len(order))))


def label_rows(labels: Array, scores: Array) -> Array:
    """Rows with a 1 at the label, in the shape of the scores."""
    return np.eye(scores.shape[-1])[labels]


def held_numbers(value: Any) -> Any:
    """The numbers of a value, such as the data of a tensor; None as it is."""
    for name in ("data", "numpy"):
        if isinstance(value, (np.ndarray, np.generic, float, int)) or value is None:
            break
        held = getattr(value, name, None)
        value = held() if callable(held) else value if held is None else held
    return value


def tensor_of(array: Array, requires_grad: bool) -> Any:
    """A tensor of PyTorch with the numbers of an array."""
    import torch  # only files that use it need it

    return torch.tensor(array, requires_grad=requires_grad)


def backward_of_tensors(results: list[Any], upstream: list[Any]) -> None:
    """PyTorch's backward pass from results with their upstream gradients."""
    import torch

    torch.autograd.backward(results, [torch.as_tensor(one, dtype=torch.float64) for one in upstream])


def backward_from(node: Any) -> None:
    """Run the backward pass of a node of a graph. Raises Fault where its recursion is too deep."""
    backpropagate_from(lambda start, _: start.backward(), node)


def backpropagate_from(backpropagate: Callable[[Any, float], Any], node: Any) -> None:
    """Run a function that differentiates a graph, from 1. Raises Fault where its recursion is too deep."""
    try:
        backpropagate(node, 1.0)
    except RecursionError:
        raise Fault("limit", "its backward pass is recursive: this graph exceeds Python's limit") from None


_SCRIPT_FUNCTIONS = (
    *(placed, gradient_of, gates_moved, gates_moved_back, matrix_turned, label_rows, held_numbers),
    *(tensor_of, backward_of_tensors, backward_from, backpropagate_from),
)
HELPERS = {"np": np, "TapeVariable": TapeVariable, **{one.__name__: one for one in _SCRIPT_FUNCTIONS}}
