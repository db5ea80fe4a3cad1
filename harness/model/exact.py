"""Networks of exact numbers, on which a formulation is a polynomial and can be compared with `==`.

Backprop uses only +, − and ×, and never looks inside the activation. So an *opaque* activation stands for all of them
at once: f(z) and f'(z) are random integers, one for each distinct z; f' from the output finds its way back from f(z)
to z through a memory.
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

SET_SIZE = 2**160  # |S|: the integers from which every number of a trial is drawn, evenly


@dataclass(frozen=True)
class Architecture:
    """Widths n_0..n_L, and rows."""

    widths: tuple[int, ...]
    rows: int

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.widths))}, {self.rows} row{'s' if self.rows > 1 else ''}"

    @property
    def arguments(self) -> int:
        """How many numbers f is applied to: one for each unit of layers 1..L and each row."""
        return self.rows * sum(self.widths[1:])


@dataclass(frozen=True)
class OpaqueActivation:
    """One opaque activation. Its values are drawn by a hash of the key and of z, so that they are the same in every
    process and do not depend on what was asked before; only the way back from f(z) to z needs a memory."""

    key: str
    arguments: dict[int, Any] = field(default_factory=dict)

    def f(self, z: Any) -> int:
        value = self._drawn(f"f {z}")
        self.arguments[value] = z
        return value

    def slope(self, z: Any) -> int:
        return self._drawn(f"slope {z}")

    def slope_from_output(self, a: Any) -> int:
        # What is no output of f has a slope too, as far as wrong code can tell: one of its own.
        return self.slope(self.arguments.get(a, f"not the output {a}"))

    def _drawn(self, name: str) -> int:
        digest = hashlib.blake2b(f"{self.key} {name}".encode(), digest_size=20).digest()
        return int.from_bytes(digest, "big") - SET_SIZE // 2

    def activation(self) -> Activation:
        return Activation("opaque", *map(elementwise, (self.f, self.slope, self.slope_from_output)))


def draw_integer(source: random.Random) -> int:
    """An integer from S, evenly."""
    return source.randrange(SET_SIZE) - SET_SIZE // 2


def elementwise(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of one number, on numbers and on arrays of objects alike."""
    of_arrays: Callable[[Any], Any] = np.frompyfunc(function, 1, 1)
    return of_arrays


def opaque_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """Random integers everywhere, an opaque activation of its own for each layer, and half the squared error."""
    key = f"{draw_integer(source)}"
    return _exact_inputs(
        architecture, lambda l: OpaqueActivation(f"{key} {l}").activation(), lambda: draw_integer(source)
    )


def canonical_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """The same with f(z) = z at the output, the canonical link, which implementations may treat by itself."""
    last, key = len(architecture.widths) - 1, f"{draw_integer(source)}"
    return _exact_inputs(
        architecture,
        lambda l: IDENTITY if l == last else OpaqueActivation(f"{key} {l}").activation(),
        lambda: draw_integer(source),
    )


def rational_inputs(architecture: Architecture, source: random.Random) -> Inputs:
    """A concrete instance: small random fractions, and f(z) = 1 / (c − z), whose slope is a² from the output and
    1 / (c − z)² from z."""
    c = Fraction(10**6 + 3)  # a pole that no z comes near

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
    """One-digit integers and f(z) = z, to be verified by hand."""
    return _exact_inputs(architecture, lambda _: LINEAR, lambda: source.randint(-9, 9))


LINEAR = Activation("linear", elementwise(lambda z: z), elementwise(lambda z: 1), elementwise(lambda a: 1))
IDENTITY = replace(LINEAR, name="identity")


def degree_inputs(architecture: Architecture, *, canonical: bool) -> Inputs:
    """Numbers that know only their degree as a polynomial; see Degree. With f(z) = z at the output if `canonical`."""
    last = len(architecture.widths) - 1
    variable = Activation("opaque", *(elementwise(_fresh_variable) for _ in range(3)))
    return _exact_inputs(architecture, lambda l: IDENTITY if canonical and l == last else variable, lambda: Degree(1))


def _fresh_variable(argument: Any) -> Degree:
    """f of a polynomial, as a variable of its own. The proof rests on arguments of degree 2 at most."""
    if degree_of(argument) > 2:
        raise Degree.refuse("it passes a polynomial of degree 3 or more to f")
    return Degree(1)


def _exact_inputs(
    architecture: Architecture, activation: Callable[[int], Activation], number: Callable[[], Any]
) -> Inputs:
    """A network whose layer l has activation(l), with every number drawn by `number`."""

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

    It offers +, − and × and nothing else. Code that runs on it has used nothing else on its numbers, and has taken no
    branch on any of them: it computes the same polynomials, of at most these degrees, whatever the numbers are. What
    was refused is kept in `refused`, for code that catches the error.
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
        cls.refused.append(what)
        return TypeError(what)


def degree_of(number: Any) -> int:
    """0 for constants. Raises TypeError for what is not an exact number."""
    if isinstance(number, Degree):
        return number.degree
    if isinstance(number, (int, np.integer)):
        return 0
    raise Degree.refuse(f"it mixes in a {type(number).__name__}")
