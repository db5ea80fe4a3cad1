"""Arrays that record how they were computed, so that a forward pass in plain numpy gives its own derivative.

They take numpy's operators, methods and functions, and compute with `Bounded` numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from flint import arb

from harness.layers.tracing.bounded import OUTSIDE, Bounded
from harness.layers.tracing.functions import ELEMENTARY, Function, power_function
from harness.layers.tracing.origin import Origin, origin
from harness.model.contract import Array

Pull = Callable[[Bounded], Bounded]  # what an adjoint of the result adds to that of one operand
_numbering = itertools.count()
_UFUNCS: dict[Any, Callable[..., Any]] = {}
_NUMPY_FUNCTIONS: dict[Any, Callable[..., Any]] = {}
_SLOPES = np.array([arb(0), arb(1), arb(0.5, 0.5)], dtype=object)  # of max: not the largest, the largest, may be either


@dataclass(eq=False)
class Traced:
    """An array, and the operands it was computed from, each with the transpose of its derivative.

    `origin` is where in the source it was computed, None for inputs and constants. Results have larger numbers than
    their operands.
    """

    bounded: Bounded
    operands: tuple[tuple[Traced, Pull], ...] = ()
    origin: Origin | None = None
    number: int = field(default_factory=lambda: next(_numbering))

    @classmethod
    def of(cls, value: Any) -> Traced:
        """A Traced as it is, or a constant of exact floats."""
        return value if isinstance(value, Traced) else cls(Bounded.of(value))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, as numpy has it."""
        return self.bounded.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.bounded.size.size

    @property
    def T(self) -> Traced:  # noqa: N802
        """The axes in reverse order."""
        return self.transpose()

    def __len__(self) -> int:
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Any:
        return _UFUNCS[ufunc](*inputs) if method == "__call__" and ufunc in _UFUNCS else NotImplemented

    def __array_function__(self, function: Any, _types: Any, args: Any, kwargs: Any) -> Any:
        return _NUMPY_FUNCTIONS[function](*args, **kwargs) if function in _NUMPY_FUNCTIONS else NotImplemented

    def __add__(self, other: Any) -> Traced:
        return _added(self, other)

    def __sub__(self, other: Any) -> Traced:
        return _added(self, -Traced.of(other))

    def __rsub__(self, other: Any) -> Traced:
        return _added(other, -self)

    def __mul__(self, other: Any) -> Traced:
        return _multiplied(self, other)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Traced:
        return _multiplied(self, apply(ELEMENTARY["reciprocal"], Traced.of(other)))

    def __rtruediv__(self, other: Any) -> Traced:
        return _multiplied(other, apply(ELEMENTARY["reciprocal"], self))

    def __neg__(self) -> Traced:
        return _recorded(-self.bounded, (self, lambda adjoint: -adjoint))

    def __pow__(self, exponent: float) -> Traced:
        if isinstance(exponent, int) and exponent > 1:
            return _multiplied(self, self ** (exponent - 1) if exponent > 2 else self)
        if isinstance(exponent, int) and exponent < 0:
            return 1.0 / self**-exponent
        return apply(ELEMENTARY["sqrt"] if exponent == 0.5 else power_function(exponent), self)

    def __matmul__(self, other: Any) -> Traced:
        return einsum("...ij,...jk->...ik" if Traced.of(other).ndim > 1 else "...ij,j->...i", self, other)

    def __rmatmul__(self, other: Any) -> Traced:
        return Traced.of(other) @ self

    def __gt__(self, other: Any) -> Array:
        return self._compared(other) > 0

    def __ge__(self, other: Any) -> Array:
        return self._compared(other) >= 0

    def __lt__(self, other: Any) -> Array:
        return self._compared(other) < 0

    def __le__(self, other: Any) -> Array:
        return self._compared(other) <= 0

    def _compared(self, other: Any) -> Array:
        return np.asarray(self.bounded.exact - Traced.of(other).bounded.exact, dtype=object).astype(np.float64)

    def __getitem__(self, key: Any) -> Traced:
        return self.take(np.arange(self.size).reshape(self.shape)[key])

    def take(self, index: Array) -> Traced:
        """The entries at flat indices, 0 at OUTSIDE, in the shape of `index`."""
        return _recorded(self.bounded.taken(index), (self, lambda adjoint: adjoint.put(index, self.shape)))

    def put(self, index: Array, shape: tuple[int, ...]) -> Traced:
        """The transpose of `take`: entries with the same flat index are summed."""
        return _recorded(self.bounded.put(index, shape), (self, lambda adjoint: adjoint.taken(index)))

    def reshape(self, *shape: Any) -> Traced:
        """The same entries in another shape."""
        return self.take(np.arange(self.size).reshape(*shape))

    def transpose(self, *axes: Any) -> Traced:
        """The axes in another order."""
        return self.take(np.arange(self.size).reshape(self.shape).transpose(*axes))

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Traced:
        """The sums along the axes."""
        shown = np.sum(self.bounded.size, axis=axis, keepdims=True).shape

        def pull(adjoint: Bounded) -> Bounded:
            return adjoint.moved(lambda part: np.broadcast_to(np.reshape(part, shown), self.shape))

        return _recorded(self.bounded.total(axis, keepdims=keepdims), (self, pull))

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Traced:
        """The means along the axes."""
        summed = self.sum(axis, keepdims=keepdims)
        return summed / float(self.size // max(1, summed.size))

    def max(self, axis: int, *, keepdims: bool = False) -> Traced:
        """The largest entries along an axis; where several may be the largest, each slope is anything from 0 to 1."""
        return _largest(self, axis, keepdims=keepdims)


def _recorded(bounded: Bounded, *operands: tuple[Traced, Pull]) -> Traced:
    return Traced(bounded, operands, origin())


def _added(one: Any, other: Any) -> Traced:
    a, b = Traced.of(one), Traced.of(other)
    pulls = [(x, lambda adjoint, x=x: adjoint.summed_to(x.shape)) for x in (a, b)]
    return _recorded(a.bounded + b.bounded, *pulls)


def _multiplied(one: Any, other: Any) -> Traced:
    a, b = Traced.of(one), Traced.of(other)
    pairs = ((a, b), (b, a))
    pulls = [(x, lambda adjoint, x=x, y=y: (adjoint * y.bounded).summed_to(x.shape)) for x, y in pairs]
    return _recorded(a.bounded * b.bounded, *pulls)


@dataclass(frozen=True, eq=False)
class Slope:
    """Multiplies an adjoint by the derivative of a function of each entry, y = f(x)."""

    function: Function
    x: Bounded
    y: Bounded

    def __call__(self, adjoint: Bounded) -> Bounded:
        return adjoint * self.function.derivative(self.x, self.y)

    @property
    def name(self) -> str:
        """The name of the function; empty if it is a power."""
        return next((name for name, one in ELEMENTARY.items() if one is self.function), "")


def apply(function: Function, x: Traced) -> Traced:
    """A function of each entry."""
    y = function.value(x.bounded)
    return _recorded(y, (x, Slope(function, x.bounded, y)))


def _apply_named(name: str, x: Traced) -> Traced:
    return apply(ELEMENTARY[name], x)


def einsum(subscripts: str, one: Any, other: Any) -> Traced:
    """Einstein's sum of a product of two arrays, with explicit output, as numpy.einsum has it."""
    a, b = Traced.of(one), Traced.of(other)
    operands, _, result = subscripts.replace(" ", "").partition("->")
    first, second = operands.split(",")

    def contracted(x: Bounded, y: Bounded, spec: str, shape: tuple[int, ...] | None = None) -> Bounded:
        def multiply(p: Array, q: Array) -> Array:
            return np.asarray(np.einsum(spec, p, q))

        terms = multiply(np.ones(x.shape), np.ones(y.shape)).max(initial=0)
        found = x.product(y, multiply, int(terms))
        return found if shape is None else found.summed_to(shape)

    return _recorded(
        contracted(a.bounded, b.bounded, subscripts),
        (a, lambda adjoint: contracted(adjoint, b.bounded, f"{result},{second}->{first}", a.shape)),
        (b, lambda adjoint: contracted(adjoint, a.bounded, f"{result},{first}->{second}", b.shape)),
    )


def maximum(one: Any, other: Any) -> Traced:
    """The larger of two entries."""
    a, b = np.broadcast_arrays(*(np.arange(Traced.of(x).size).reshape(Traced.of(x).shape) for x in (one, other)))
    pair = stack([Traced.of(one).take(a), Traced.of(other).take(b)])
    return pair.max(axis=0)


def _largest(x: Traced, axis: int, *, keepdims: bool) -> Traced:
    values, bounded = x.bounded.value, x.bounded
    top = np.expand_dims(values.argmax(axis=axis), axis)
    gaps = (np.take_along_axis(bounded.exact, top, axis) - bounded.exact).astype(np.float64)
    is_rival = gaps <= bounded.error + np.take_along_axis(bounded.error, top, axis)
    many = is_rival.sum(axis=axis, keepdims=True) > 1
    slopes = _SLOPES[np.where(is_rival, np.where(many, 2, 1), 0)]
    slope = Bounded(slopes, is_rival.astype(float), np.zeros(values.shape))
    index = np.arange(x.size).reshape(x.shape)
    chosen = bounded.taken(np.take_along_axis(index, top, axis))
    shown = chosen.shape
    if not keepdims:
        chosen = chosen.moved(lambda part: part.squeeze(axis))

    def pull(adjoint: Bounded) -> Bounded:
        return adjoint.moved(lambda part: np.broadcast_to(part.reshape(shown), x.shape)) * slope

    return _recorded(chosen, (x, pull))


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Traced:
    """Arrays joined along an axis."""
    traced = [Traced.of(one) for one in arrays]
    starts = np.cumsum([0, *(one.shape[axis] for one in traced)])
    parts = [(one.bounded.exact, one.bounded.size, one.bounded.error) for one in traced]
    joined = Bounded(*(np.concatenate(same, axis=axis) for same in zip(*parts, strict=True)))

    def pull(start: int, stop: int) -> Pull:
        key = (slice(None),) * (axis % joined.size.ndim) + (slice(start, stop),)
        return lambda adjoint: adjoint.moved(lambda part: part[key])

    pulls = [pull(start, stop) for start, stop in itertools.pairwise(starts.tolist())]
    return _recorded(joined, *zip(traced, pulls, strict=True))


def stack(arrays: Sequence[Any], axis: int = 0) -> Traced:
    """Arrays of one shape joined along a new axis."""
    traced = [Traced.of(one) for one in arrays]
    shape = list(traced[0].shape)
    shape.insert(axis if axis >= 0 else axis + len(shape) + 1, 1)
    return concatenate([one.reshape(shape) for one in traced], axis)


def where(condition: Array, one: Any, other: Any) -> Traced:
    """Entries of one array or the other."""
    chosen = np.asarray(condition, dtype=bool).astype(float)
    return Traced.of(one) * chosen + Traced.of(other) * (1.0 - chosen)


def pad(array: Traced, width: Any) -> Traced:
    """Zeros around an array, as many as numpy.pad takes them."""
    return array.take(np.pad(np.arange(array.size).reshape(array.shape), width, constant_values=OUTSIDE))


def without_derivative(array: Any) -> Any:
    """The same values, whose derivative is not taken; for numpy arrays, the same array."""
    return Traced(array.bounded) if isinstance(array, Traced) else array


_UFUNCS |= {
    **{getattr(np, name): partial(_apply_named, name) for name in ("exp", "log", "sqrt", "tanh", "sin", "cos")},
    np.add: _added,
    np.multiply: _multiplied,
    np.subtract: lambda one, other: Traced.of(one) - other,
    np.true_divide: lambda one, other: Traced.of(one) / other,
    np.negative: lambda one: -one,
    np.matmul: lambda one, other: Traced.of(one) @ other,
    np.maximum: maximum,
    np.square: lambda one: one**2,
    np.power: lambda one, exponent: one**exponent,
    np.greater: lambda one, other: Traced.of(one) > other,
    np.greater_equal: lambda one, other: Traced.of(one) >= other,
    np.less: lambda one, other: Traced.of(one) < other,
    np.less_equal: lambda one, other: Traced.of(one) <= other,
}
_NUMPY_FUNCTIONS |= {
    np.sum: Traced.sum,
    np.mean: Traced.mean,
    np.max: Traced.max,
    np.reshape: Traced.reshape,
    np.transpose: lambda x, axes=None: x.transpose(*(axes or ())),
    np.einsum: einsum,
    np.where: where,
    np.concatenate: concatenate,
    np.stack: stack,
    np.pad: pad,
}
