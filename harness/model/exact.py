"""Networks of exact numbers, for which a formulation computes polynomials and results are compared with `==`.

Backprop uses only +, − and ×, and never looks inside the activation. So one *opaque* activation represents all
activations: f(z) and f'(z) are random integers, one pair for each distinct z. Two different polynomials are equal at a
random point with small probability (the Schwartz-Zippel lemma).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from harness.model.contract import Activation, Array, Inputs, Layer, Network
from harness.model.costs import COSTS

SET_SIZE = 2**160  # |S|, the number of integers from which every number of a trial is drawn uniformly


@dataclass(frozen=True)
class Architecture:
    """The widths n_0..n_L of the layers, and the number of rows."""

    widths: tuple[int, ...]
    rows: int

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.widths))}, {self.rows} row{'s' if self.rows > 1 else ''}"

    @property
    def arguments(self) -> int:
        """How many arguments f has: one for each unit of layers 1..L and each row."""
        return self.rows * sum(self.widths[1:])


@dataclass(frozen=True)
class OpaqueActivation:
    """An opaque activation function.

    f(z) and f'(z) are a hash of the key and of z, so they are the same in every process and independent of earlier
    calls. f' from the output looks up z in `argument_of`, which maps f(z) to z.
    """

    key: str
    argument_of: dict[int, Any] = field(default_factory=dict)

    def f(self, z: Any) -> int:
        value = self._hashed(f"f {z}")
        self.argument_of[value] = z
        return value

    def slope(self, z: Any) -> int:
        return self._hashed(f"slope {z}")

    def slope_from_output(self, a: Any) -> int:
        # Wrong code may ask for a number that is not an output of f: it has a slope that no other number has.
        return self.slope(self.argument_of.get(a, f"not the output {a}"))

    def _hashed(self, name: str) -> int:
        digest = hashlib.blake2b(f"{self.key} {name}".encode(), digest_size=20).digest()
        return int.from_bytes(digest, "big") - SET_SIZE // 2

    def activation(self) -> Activation:
        """The same as an elementwise Activation."""
        return Activation("opaque", *map(elementwise, (self.f, self.slope, self.slope_from_output)))


def draw_integer(source: random.Random) -> int:
    """An integer from S, drawn uniformly."""
    return source.randrange(SET_SIZE) - SET_SIZE // 2


def elementwise(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of one number, for single numbers and for object arrays of any shape."""
    vectorised: Callable[[Any], Any] = np.frompyfunc(function, 1, 1)
    return vectorised


def opaque_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """Random integers, a different opaque activation for each layer, and half the squared error."""
    key = f"{draw_integer(source)}"
    return _exact_inputs(
        architecture, lambda l: OpaqueActivation(f"{key} {l}").activation(), lambda: draw_integer(source)
    )


def canonical_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """The same with f(z) = z at the output: the canonical link, for which code may have a branch of its own."""
    last, key = len(architecture.widths) - 1, f"{draw_integer(source)}"
    return _exact_inputs(
        architecture,
        lambda l: IDENTITY if l == last else OpaqueActivation(f"{key} {l}").activation(),
        lambda: draw_integer(source),
    )


def rational_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """A concrete instance: small random fractions, and f(z) = 1 / (c − z), with slope 1 / (c − z)² = a²."""
    c = Fraction(10**6 + 3)  # a pole far from every z
    activation = Activation(
        "rational",
        elementwise(lambda z: 1 / (c - z)),
        elementwise(lambda z: 1 / (c - z) ** 2),
        elementwise(lambda a: a * a),
    )
    return _exact_inputs(
        architecture, lambda _: activation, lambda: Fraction(source.randint(-99, 99), source.randint(1, 99))
    )


def small_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """One-digit integers and f(z) = z, which can be verified by hand."""
    return _exact_inputs(architecture, lambda _: LINEAR, lambda: source.randint(-9, 9))


LINEAR = Activation("linear", elementwise(lambda z: z), elementwise(lambda z: 1), elementwise(lambda a: 1))
IDENTITY = replace(LINEAR, name="identity")


def degree_inputs(architecture: Architecture, *, canonical: bool) -> Inputs:
    """Inputs of type Degree, each of degree 1; with f(z) = z at the output if `canonical`."""
    last = len(architecture.widths) - 1
    variable = Activation("opaque", *(elementwise(_fresh_variable) for _ in range(3)))
    return _exact_inputs(architecture, lambda l: IDENTITY if canonical and l == last else variable, lambda: Degree(1))


def _fresh_variable(argument: Any) -> Degree:
    """f of a polynomial, as a new variable. The proof requires arguments of degree 2 at most."""
    if degree_of(argument) > 2:
        raise Degree.refuse("it passes a polynomial of degree 3 or more to f")
    return Degree(1)


def _exact_inputs(
    architecture: Architecture, activation: Callable[[int], Activation], number: Callable[[], Any]
) -> Inputs:
    """Inputs whose layer l has activation(l), and whose numbers are each drawn by `number`."""

    def array(*shape: int) -> Array:
        values = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            values[index] = number()
        return values

    layers = [
        Layer(array(after, before), array(after), activation(l))
        for l, (before, after) in enumerate(pairwise(architecture.widths), start=1)
    ]
    network = Network(tuple(layers), COSTS["half_squared_error"])
    return Inputs(
        network, array(architecture.rows, architecture.widths[0]), array(architecture.rows, architecture.widths[-1])
    )


class Degree:
    """A polynomial of which only an upper bound on the degree is known.

    It supports only +, − and ×; every other operation raises TypeError. Code that runs on it has used only these
    operations on its numbers and has not branched on their values. So it computes the same polynomials for all numbers,
    of at most these degrees. `refused` records every refused operation, in case the code catches the error.
    """

    __slots__ = ("degree",)
    refused: ClassVar[list[str]] = []

    def __init__(self, degree: int) -> None:
        self.degree = degree

    def __add__(self, other: Any) -> Degree:
        return NotImplemented if isinstance(other, np.ndarray) else Degree(max(self.degree, degree_of(other)))

    def __mul__(self, other: Any) -> Degree:
        return NotImplemented if isinstance(other, np.ndarray) else Degree(self.degree + degree_of(other))

    def __neg__(self) -> Degree:
        return self

    __radd__ = __sub__ = __rsub__ = __add__
    __rmul__ = __mul__

    def _compare(self, *_: object) -> bool:
        raise Degree.refuse("it compares its numbers or branches on them")

    def _convert(self, *_: object) -> Any:
        raise Degree.refuse("it converts its numbers, or does more with them than +, − and ×")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _compare
    __float__ = __int__ = __complex__ = __index__ = __hash__ = _convert
    __abs__ = __pow__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = _convert

    @classmethod
    def refuse(cls, what: str) -> TypeError:
        """Record a refused operation, and return the error to raise."""
        cls.refused.append(what)
        return TypeError(what)


def degree_of(number: Any) -> int:
    """The degree of a number, 0 for constants. Raises TypeError for a number that is not exact."""
    if isinstance(number, Degree):
        return number.degree
    if isinstance(number, (int, np.integer)):
        return 0
    raise Degree.refuse(f"it mixes in a {type(number).__name__}")
