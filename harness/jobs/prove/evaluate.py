"""What code computes with exact numbers, and whether it stays with them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.exact import Architecture, Degree, degree_inputs, degree_of
from harness.sandbox.answers import REFUSALS, Fault
from harness.sandbox.host.returned import gradient_arrays, network_arrays
from harness.sandbox.sources.functions import Functions

Values = dict[tuple[str, int], Array]


class NotExact(Exception):
    """The code does not compute with exact numbers; the message says what happened."""


def evaluate(functions: Functions, inputs: Inputs, learning_rate: Any) -> Values:
    """δ, ∂C/∂W, ∂C/∂b and the weights and biases after a step, as arrays of exact numbers.

    Raises one of REFUSALS if the implementation refuses, NotExact if it fails or leaves exact arithmetic.
    """
    values: Values = {}
    try:
        if functions.backprop:
            given = inputs.copy()
            gradients = gradient_arrays(functions.backprop(given.network, given.x, given.t), inputs, _objects)
            _check_unchanged(given, inputs)
            values |= {(name, l): array for (name, l), array in gradients.items() if name in ("w", "b", "delta")}
        if functions.step:
            given = inputs.copy()
            values |= _after(functions, given, learning_rate)
            _check_unchanged(given, inputs)
    except (*REFUSALS, NotExact):
        raise
    except Fault as fault:
        raise NotExact(fault.detail) from None
    except BaseException as error:
        sentence = " ".join(str(error).split()).split(". ")[0]
        raise NotExact(f"{type(error).__name__}: {sentence}") from error
    _check_shapes(values, inputs)
    for array in values.values():
        for number in array.flat:
            if not isinstance(number, (int, Fraction, Degree)):
                raise NotExact(f"it computes with {type(number).__name__}, not with the numbers that it is given")
    return values


def _check_unchanged(given: Inputs, inputs: Inputs) -> None:
    for now, before in zip(given.arrays(), inputs.arrays(), strict=True):
        if now.shape != before.shape or any(one is not other for one, other in zip(now.flat, before.flat, strict=True)):
            raise NotExact("it changes its inputs")


def _check_shapes(values: Values, inputs: Inputs) -> None:
    """Nothing may be missing from what is compared: every layer of each quantity, in the shape of the contract."""
    rows, layers = len(inputs.x), inputs.network.layers
    shapes = {"w": [layer.w.shape for layer in layers], "b": [layer.b.shape for layer in layers]}
    shapes |= {"new w": shapes["w"], "new b": shapes["b"], "delta": [(rows, *shape) for shape in shapes["b"]]}
    given = {quantity for quantity, _ in values}
    for quantity in given:
        found = [array.shape for (name, _), array in values.items() if name == quantity]
        if found != shapes[quantity]:
            raise NotExact(f"{quantity} has the shapes {found}, expected {shapes[quantity]}")
    if not ({"w", "b"} <= given or {"new w", "new b"} <= given):
        raise NotExact("it gives neither gradients nor weights after a step")


def _objects(_: str, value: Any) -> Array:
    return np.array(value, dtype=object)


def _after(functions: Functions, given: Inputs, learning_rate: Any) -> Values:
    """The weights and biases after a step; nothing where an implementation that has a gradient refuses the step."""
    assert functions.step
    try:
        after = functions.step(given.network, given.x, given.t, learning_rate)
    except REFUSALS:
        if functions.backprop:
            return {}
        raise
    return {(f"new {name}", l): array for (name, l), array in network_arrays(after, given, _objects).items()}


def differences(one: Values, other: Values) -> tuple[list[str], int]:
    """The common quantities in which two differ, and how many pairs of numbers were compared."""
    common = [key for key in one if key in other]
    unequal = [
        f"{quantity} of layer {l}" for quantity, l in common if not np.array_equal(one[quantity, l], other[quantity, l])
    ]
    return unequal, sum(one[key].size for key in common)


def degree(functions: Functions, architecture: Architecture) -> int:
    """The largest degree of the polynomials that the code computes, found by running it on degrees.

    Raises NotExact if it does anything with its numbers but add, subtract and multiply, even in secret.
    """
    largest = 0
    for canonical in (False, True):
        Degree.refused.clear()
        values = evaluate(functions, degree_inputs(architecture, canonical=canonical), Degree(1))
        if Degree.refused:
            raise NotExact(Degree.refused[0])
        largest = max(largest, *(degree_of(number) for array in values.values() for number in array.flat))
    return largest
