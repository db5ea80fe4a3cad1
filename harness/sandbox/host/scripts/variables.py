"""Variables of a graph of numbers with minitorch's interface, for files that have its algorithms and no variables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

_variable_numbers = itertools.count()


class TapeVariable:
    """A number that knows the variables it was computed from, each with the derivative by it.

    The interface is that of `Variable` in minitorch's autodiff.py.
    """

    def __init__(self, data: float, inputs: tuple[tuple[TapeVariable, float], ...] = (), *, is_fixed: bool = False):
        self.data, self._inputs, self._is_fixed = data, inputs, is_fixed
        self.derivative: float | None = None
        self.unique_id = next(_variable_numbers)

    def is_leaf(self) -> bool:
        """Whether it was made by no operation, and is no constant."""
        return not self._inputs and not self._is_fixed

    def is_constant(self) -> bool:
        """Whether it has no derivative."""
        return self._is_fixed

    @property
    def parents(self) -> Iterable[TapeVariable]:
        """The variables that it was computed from."""
        return [one for one, _ in self._inputs]

    def chain_rule(self, d_output: Any) -> Iterable[tuple[TapeVariable, Any]]:
        """Each parent with its part of the derivative."""
        return [(one, slope * d_output) for one, slope in self._inputs if not one.is_constant()]

    def accumulate_derivative(self, x: Any) -> None:
        """Add to the derivative of a leaf."""
        assert self.is_leaf(), "only leaf variables have derivatives"
        self.derivative = (self.derivative or 0.0) + x

    def __add__(self, other: Any) -> TapeVariable:
        b = _as_variable(other)
        return TapeVariable(self.data + b.data, ((self, 1.0), (b, 1.0)))

    def __mul__(self, other: Any) -> TapeVariable:
        b = _as_variable(other)
        return TapeVariable(self.data * b.data, ((self, b.data), (b, self.data)))

    def __pow__(self, exponent: float) -> TapeVariable:
        return TapeVariable(self.data**exponent, ((self, exponent * self.data ** (exponent - 1)),))

    def __neg__(self) -> TapeVariable:
        return TapeVariable(-self.data, ((self, -1.0),))

    def __sub__(self, other: Any) -> TapeVariable:
        return self + -_as_variable(other)

    def __rsub__(self, other: Any) -> TapeVariable:
        return _as_variable(other) + -self

    def __truediv__(self, other: Any) -> TapeVariable:
        b = _as_variable(other)
        return TapeVariable(self.data / b.data, ((self, 1 / b.data), (b, -self.data / b.data**2)))

    def __rtruediv__(self, other: Any) -> TapeVariable:
        return _as_variable(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self) -> TapeVariable:
        """The hyperbolic tangent."""
        t = math.tanh(self.data)
        return TapeVariable(t, ((self, 1 - t * t),))

    def exp(self) -> TapeVariable:
        """The exponential function."""
        e = math.exp(self.data)
        return TapeVariable(e, ((self, e),))

    def log(self) -> TapeVariable:
        """The natural logarithm."""
        return TapeVariable(math.log(self.data), ((self, 1 / self.data),))

    def relu(self) -> TapeVariable:
        """The larger of the number and 0."""
        return TapeVariable(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def sigmoid(self) -> TapeVariable:
        """1 / (1 + e^(−x))."""
        s = 1 / (1 + math.exp(-self.data))
        return TapeVariable(s, ((self, s * (1 - s)),))


def _as_variable(value: Any) -> TapeVariable:
    return value if isinstance(value, TapeVariable) else TapeVariable(float(value), is_fixed=True)
