"""Formulations proved equal, for every activation at once, by exact arithmetic."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from harness.answers import Refusal
from harness.contract import Array, Inputs, Network, Unsupported
from harness.discover import Functions, Implementation
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
from harness.tasks import WithImplementation, loaded
from harness.workers import run_tasks

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


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of one implementation on one architecture: the values of both trials and of the concrete instance,
    and the degree; or that it refused, or why it does not compute exactly."""

    name: str
    architecture: Architecture
    trials: tuple[Values, ...] = ()
    rational: Values | None = None
    degree: int = 0
    refused: str = ""
    unable: str = ""


@dataclass(frozen=True, eq=False)
class Try(WithImplementation):
    """One implementation on one architecture; the outcome is an Attempt."""

    architecture: Architecture
    seed: int

    def execute(self) -> Attempt:
        functions = loaded(self.implementation)
        if isinstance(functions, Refusal):
            return self.failed(functions.detail)
        return attempt(self.implementation.name, functions, self.architecture, self.seed)

    def failed(self, detail: str) -> Attempt:
        return Attempt(self.implementation.name, self.architecture, unable=detail)


def attempt(name: str, functions: Functions, architecture: Architecture, seed: int) -> Attempt:
    """Two trials with random integers, one with fractions, and one with degrees; the numbers follow from the seed."""
    source = random.Random(f"{seed} {architecture.name}")
    trials = opaque_inputs(architecture, source), canonical_inputs(architecture, source)
    rational, learning_rate = rational_inputs(architecture, source), draw(source)
    try:
        return Attempt(
            name,
            architecture,
            tuple(evaluate(functions, inputs, learning_rate) for inputs in trials),
            evaluate(functions, rational, Fraction(1, 3)),
            degree(functions, architecture),
        )
    except Unsupported as reason:
        return Attempt(name, architecture, refused=str(reason))
    except NotExact as reason:
        return Attempt(name, architecture, unable=str(reason))


def attempts(implementations: Sequence[Implementation], seed: int, jobs: int, seconds: float) -> list[Attempt]:
    """Every implementation on every architecture, each in a process of its own, in the order of ARCHITECTURES."""
    tasks = [Try(one, architecture, seed) for one in implementations for architecture in ARCHITECTURES]
    found = {(one.name, one.architecture): one for one in run_tasks(tasks, jobs, seconds)}
    return [found[one.name, architecture] for architecture in ARCHITECTURES for one in implementations]


def prove(of_architecture: Sequence[Attempt]) -> Proof:
    """Every implementation against every other, on one architecture."""
    ran = {one.name: one for one in of_architecture if one.rational is not None}
    equal, different, numbers, rational_equal = [], [], 0, True
    for one, other in combinations(ran.values(), 2):
        compared = [differences(mine, theirs) for mine, theirs in zip(one.trials, other.trials, strict=True)]
        numbers += sum(count for _, count in compared)
        unequal = [quantity for names, _ in compared for quantity in names]
        if unequal:
            different.append((one.name, other.name, unequal[0]))
        else:
            equal.append((one.name, other.name))
        assert one.rational is not None
        assert other.rational is not None
        rational_equal &= not differences(one.rational, other.rational)[0]
    return Proof(
        of_architecture[0].architecture,
        {name: one.degree for name, one in ran.items()},
        {one.name: one.refused for one in of_architecture if one.refused},
        tuple(equal),
        tuple(different),
        numbers,
        rational_equal,
    )


def evaluate(functions: Functions, inputs: Inputs, learning_rate: Any) -> Values:
    """δ, ∂C/∂W, ∂C/∂b and the weights and biases after a step, as arrays of exact numbers.

    Raises Unsupported if the implementation refuses, NotExact if it fails or leaves exact arithmetic.
    """
    arrays: list[tuple[str, Iterable[Any]]] = []
    try:
        if functions.backprop:
            given = inputs.copy()
            gradients = functions.backprop(given.network, given.x, given.t)
            _check_unchanged(given, inputs)
            arrays += [("w", gradients.w), ("b", gradients.b), ("delta", gradients.delta or [])]
        if functions.step:
            given = inputs.copy()
            arrays += _after(functions.step, given, learning_rate, optional=functions.backprop is not None)
            _check_unchanged(given, inputs)
    except (Unsupported, NotExact):
        raise
    except BaseException as error:
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
