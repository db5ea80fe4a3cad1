"""Arrays of exact values with a bound on the rounding error of any right computation of them.

The bound is a running error analysis (Wilkinson, "Error analysis revisited", IMA Bulletin 22, 1986; Higham, "Accuracy
and Stability of Numerical Algorithms", section 3.3) in which sizes never cancel: that of a sum is the sum of the sizes.
So one bound holds for every order of a sum and for every form of a formula that comes from associativity,
commutativity and distributivity, such as the fused and the step-by-step derivative of batch normalisation. The
assumption is that a form rounds at most ROUNDINGS times where the definition has one operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb

from harness.model.contract import Array
from harness.truth.bounds.float_format import float_format

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDINGS = 8  # of a form, for each operation of the definition
OUTSIDE = -1  # the index of an entry that is not there, such as padding
_to_balls = np.frompyfunc(arb, 1, 1)
_dtype: ContextVar[str] = ContextVar("dtype", default="float64")


@contextmanager
def rounding_in(dtype: str) -> Iterator[None]:
    """Bounds that are computed here are those of code that works in `dtype`."""
    token = _dtype.set(dtype)
    try:
        yield
    finally:
        _dtype.reset(token)


def after_rounding(error: Array, size: Array, terms: int = 1) -> Array:
    """The error after an operation on `terms` terms whose sizes sum to `size`."""
    format_ = float_format(_dtype.get())
    return np.asarray(error + (ROUNDINGS + terms) * (format_.u * size + format_.tiny))


@dataclass(frozen=True, eq=False)
class Bounded:
    """An array of numbers; the three parts have one shape.

    exact: balls that contain the exact values (objects). size: at least the absolute value, and that of each part that
    a right form adds up. error: the largest rounding error of right code.
    """

    exact: Array
    size: Array
    error: Array

    @classmethod
    def of(cls, values: Any) -> Bounded:
        """Floats, which are exact."""
        floats = np.asarray(values, dtype=np.float64)
        return cls(np.asarray(_to_balls(floats), dtype=object), np.abs(floats), np.zeros_like(floats))

    @cached_property
    def value(self) -> Array:
        """The exact values, rounded to float64."""
        return self.exact.astype(np.float64)

    @cached_property
    def doubt(self) -> Array:
        """The radii of the balls."""
        return np.asarray(np.frompyfunc(lambda ball: float(ball.rad()), 1, 1)(self.exact), dtype=np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.size.shape)

    def __add__(self, other: Bounded) -> Bounded:
        size = self.size + other.size
        return Bounded(_balls(self.exact + other.exact), size, after_rounding(self.error + other.error, size))

    def __mul__(self, other: Bounded) -> Bounded:
        return self.product(other, np.multiply)

    def __neg__(self) -> Bounded:
        return Bounded(_balls(-self.exact), self.size, self.error)

    def product(self, other: Bounded, multiply: Callable[[Array, Array], Array], terms: int = 1) -> Bounded:
        """A product that is linear in both, each of whose entries is a sum of `terms` terms."""
        size = np.asarray(multiply(self.size, other.size))
        error = multiply(self.error, other.size + other.error) + multiply(self.size, other.error)
        return Bounded(_balls(multiply(self.exact, other.exact)), size, after_rounding(error, size, terms))

    def moved(self, move: Callable[[Array], Array]) -> Bounded:
        """The same entries in other places, or repeated."""
        return Bounded(*(np.asarray(move(part)) for part in (self.exact, self.size, self.error)))

    def taken(self, index: Array) -> Bounded:
        """The entries at these flat indices; 0 at OUTSIDE. The result has the shape of `index`."""
        if (index >= 0).all():
            return self.moved(lambda part: part.ravel()[index])
        with_zero = [np.append(part.ravel(), np.zeros(1, part.dtype)) for part in (self.exact, self.size, self.error)]
        with_zero[0][OUTSIDE] = arb(0)
        return Bounded(*(part[index] for part in with_zero))

    def put(self, index: Array, shape: tuple[int, ...]) -> Bounded:
        """The sums of the entries with the same flat index, in an array of this shape: the transpose of `taken`."""
        inside, length = index >= 0, math.prod(shape)
        places = index[inside]
        terms = int(np.bincount(places, minlength=1).max()) if places.size else 0

        def scatter(part: Array) -> Array:
            whole = np.full(length, arb(0)) if part.dtype == object else np.zeros(length)
            np.add.at(whole, places, part[inside])
            return whole.reshape(shape)

        summed = self.moved(scatter)
        return (
            summed
            if terms <= 1
            else Bounded(summed.exact, summed.size, after_rounding(summed.error, summed.size, terms))
        )

    def total(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Bounded:
        """The sums along the axes."""
        summed = self.moved(lambda part: part.sum(axis=axis, keepdims=keepdims))
        terms = self.size.size // max(1, summed.size.size)
        return Bounded(_balls(summed.exact), summed.size, after_rounding(summed.error, summed.size, terms))

    def summed_to(self, shape: tuple[int, ...]) -> Bounded:
        """The transpose of broadcasting from `shape`."""
        if self.shape == shape:
            return self
        extra = len(self.shape) - len(shape)
        axes = [axis for axis, n in enumerate(shape, start=extra) if n == 1 and self.shape[axis] != 1]
        summed = self.total((*range(extra), *axes), keepdims=True)
        return summed.moved(lambda part: part.reshape(shape))


def _balls(result: Any) -> Array:
    """The result of an operation on arrays of balls, which numpy gives as a bare ball where the shape is ()."""
    return np.asarray(result, dtype=object)
