"""Formulations proved equal, for every activation at once, by exact arithmetic."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from harness.contract import Array, Inputs, Network, Unsupported
from harness.discover import Functions, Implementation, load
from harness.exact import (
    SIZE,
    Architecture,
    Degree,
    canonical_inputs,
    degree_inputs,
    degree_of,
    draw,
    opaque_inputs,
    rational_inputs,
)

ARCHITECTURES = tuple(
    Architecture(widths, rows)
    for widths, rows in [
        ((3, 2), 1),
        ((4, 3), 3),
        ((2, 2, 2), 1),
        ((3, 4, 2), 1),
        ((4, 3, 5), 3),
        ((3, 3, 3), 2),
        ((3, 5, 4, 2), 1),
        ((2, 4, 3, 2), 3),
        ((3, 3, 3, 3), 2),
        ((3, 4, 2, 5, 2), 1),
        ((2, 3, 4, 3, 2), 2),
        ((2, 3, 2, 4, 3, 2), 1),
        ((3, 2, 4, 2, 3, 2), 2),
    ]
)
Values = dict[tuple[str, int], Array]


class NotExact(Exception):
    """The code does not compute with exact numbers; the message says what happened."""


@dataclass(frozen=True)
class Proof:
    """What came out for one architecture.

    `ran` are the implementations that ran exactly, with the degree of their polynomials; `refused` those that do not
    support the architecture; `equal` the pairs whose every common quantity is equal in both trials, with an opaque
    and with an identity output, `different` those of which some is not, with the quantity; `numbers` is how many pairs
    of numbers were compared; `rational_equal` says the same of the concrete instance.
    """

    architecture: Architecture
    ran: dict[str, int]
    refused: dict[str, str]
    equal: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str, str], ...]
    numbers: int
    rational_equal: bool

    @property
    def false_equality(self) -> Fraction:
        """A bound on the probability that any pair of different polynomials has passed; the report derives it."""
        arguments = len(self.ran) * self.architecture.arguments
        pairs = len(self.equal) + len(self.different)
        # Two trials; each pair by its degree; each two arguments of f that meet, 2 / |S|, or values of f, 1 / |S|.
        return 2 * (pairs * max(self.ran.values(), default=0) + Fraction(3 * arguments * (arguments - 1), 2)) / SIZE


def generic(implementations: Sequence[Implementation]) -> tuple[dict[str, Functions], dict[str, str]]:
    """Those that run on exact numbers, and why the others do not."""
    able: dict[str, Functions] = {}
    unable: dict[str, str] = {}
    for implementation in implementations:
        functions = load(implementation)
        try:
            evaluate(functions, opaque_inputs(ARCHITECTURES[0], random.Random(0)), 1)
            degree(functions, ARCHITECTURES[0])
        except NotExact as reason:
            unable[implementation.name] = str(reason)
        else:
            able[implementation.name] = functions
    return able, unable


def prove(functions: dict[str, Functions], architecture: Architecture, seed: int) -> Proof:
    """Two trials with random integers and one with fractions, every implementation against every other."""
    source = random.Random(f"{seed} {architecture.name}")
    trials = [opaque_inputs(architecture, source), canonical_inputs(architecture, source)]
    rational = rational_inputs(architecture, source)
    learning_rate = draw(source)
    values: dict[str, list[Values]] = {}
    concrete: dict[str, Values] = {}
    ran: dict[str, int] = {}
    refused: dict[str, str] = {}
    for name, of_name in functions.items():
        try:
            values[name] = [evaluate(of_name, inputs, learning_rate) for inputs in trials]
            concrete[name] = evaluate(of_name, rational, Fraction(1, 3))
            ran[name] = degree(of_name, architecture)
        except Unsupported as reason:
            refused[name] = str(reason)
    equal, different, numbers = [], [], 0
    for one, other in combinations(values, 2):
        compared = [differences(mine, theirs) for mine, theirs in zip(values[one], values[other], strict=True)]
        numbers += sum(count for _, count in compared)
        unequal = [quantity for names, _ in compared for quantity in names]
        if unequal:
            different.append((one, other, unequal[0]))
        else:
            equal.append((one, other))
    rational_equal = not any(differences(concrete[one], concrete[other])[0] for one, other in combinations(concrete, 2))
    return Proof(architecture, ran, refused, tuple(equal), tuple(different), numbers, rational_equal)


def evaluate(functions: Functions, inputs: Inputs, learning_rate: Any) -> Values:
    """δ, ∂C/∂W, ∂C/∂b and the weights and biases after a step, as arrays of exact numbers.

    Raises Unsupported if the implementation refuses, NotExact if it fails or leaves exact arithmetic.
    """
    given = inputs.copy()
    arrays: list[tuple[str, Iterable[Any]]] = []
    try:
        if functions.backprop:
            gradients = functions.backprop(given.network, given.x, given.t)
            arrays += [("w", gradients.w), ("b", gradients.b), ("delta", gradients.delta or [])]
        if functions.step:
            arrays += _after(functions.step, given, learning_rate, optional=functions.backprop is not None)
    except Unsupported:
        raise
    except Exception as error:
        sentence = " ".join(str(error).split()).split(". ")[0]
        raise NotExact(f"{type(error).__name__}: {sentence}") from error
    values = {
        (quantity, l): np.array(array, dtype=object) for quantity, layers in arrays for l, array in enumerate(layers, 1)
    }
    _check_shapes(values, inputs)
    for array in values.values():
        for number in array.flat:
            if not isinstance(number, (int, Fraction, Degree)):
                raise NotExact(f"it computes with {type(number).__name__}, not with the numbers that it is given")
    return values


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


def _after(
    step: Callable[..., Network], given: Inputs, learning_rate: Any, *, optional: bool
) -> list[tuple[str, Iterable[Any]]]:
    """The weights and biases after a step; nothing where an implementation that has a gradient refuses the step."""
    try:
        after = step(given.network, given.x, given.t, learning_rate)
    except Unsupported:
        if optional:
            return []
        raise
    return [("new w", [layer.w for layer in after.layers]), ("new b", [layer.b for layer in after.layers])]


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
