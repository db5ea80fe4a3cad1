"""Arrays that carry a bound on their rounding: running error analysis for any formula, by running it.

`Rounded(value, error)` says that code in the machine's precision, which takes its sums in any order, ends within
`error` of the exact value, entry by entry; and so does `value`. The rules are those of harness.rounding (Higham,
Accuracy and Stability of Numerical Algorithms, 2002, chapter 3), which does the same for the right formula alone, more
sharply. It says whether a *wrong* formula explains given numbers: two runs of it differ by 2 `error` at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Activation, Array, Inputs, Layer, Network
from harness.truth.bounds.activation_errors import RULES
from harness.truth.bounds.affine import Affine
from harness.truth.bounds.float_format import Arithmetic, arithmetic

# Algebra that is equal in exact arithmetic may be written with a few roundings more at each operation.
_ROUNDINGS = 3


class Rounded:
    """A float64 array, and for each entry the bound on its error. Shapes follow numpy's rules."""

    __slots__ = ("error", "machine", "value")
    __array_ufunc__ = None  # an array on the left leaves the operation to this class

    def __init__(self, value: Array, error: Array, machine: Arithmetic) -> None:
        self.value, self.error, self.machine = value, error, machine

    def _like(self, other: Any) -> Rounded:
        if isinstance(other, Rounded):
            return other
        value = np.asarray(other, dtype=np.float64)
        return Rounded(value, np.zeros_like(value), self.machine)

    def _rounded(self, value: Array, error: Array) -> Rounded:
        """With the roundings of one operation."""
        size = np.abs(value) + error
        return Rounded(value, error + _ROUNDINGS * self.machine.u * size + self.machine.tiny, self.machine)

    def __add__(self, other: Any) -> Rounded:
        other = self._like(other)
        return self._rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Any) -> Rounded:
        return self + -self._like(other)

    def __rsub__(self, other: Any) -> Rounded:
        return self._like(other) - self

    def __neg__(self) -> Rounded:
        return Rounded(-self.value, self.error, self.machine)

    def __abs__(self) -> Rounded:
        return Rounded(np.abs(self.value), self.error, self.machine)

    def __mul__(self, other: Any) -> Rounded:
        other = self._like(other)
        mine, theirs = np.abs(self.value), np.abs(other.value)
        error = mine * other.error + self.error * theirs + self.error * other.error
        return self._rounded(self.value * other.value, error)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> Rounded:
        other = self._like(other)
        value, size = self.value / other.value, np.abs(other.value)
        room = np.where(size > other.error, size - other.error, 0.0)
        return self._rounded(value, (self.error + np.abs(value) * other.error) / room)

    def __matmul__(self, other: Any) -> Rounded:
        other = self._like(other)
        moved = np.abs(self.value) @ other.error + self.error @ (np.abs(other.value) + other.error)
        sizes = (np.abs(self.value) + self.error) @ (np.abs(other.value) + other.error)
        error = self.machine.gamma(self.value.shape[-1] + 1) * sizes + moved
        return self._rounded(self.value @ other.value, error)

    def __rmatmul__(self, other: Any) -> Rounded:
        return self._like(other) @ self

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Rounded:
        terms = self.value.size if axis is None else self.value.shape[axis]
        sizes = (np.abs(self.value) + self.error).sum(axis=axis, keepdims=keepdims)
        error = self.error.sum(axis=axis, keepdims=keepdims) + self.machine.gamma(terms) * sizes
        return self._rounded(np.asarray(self.value.sum(axis=axis, keepdims=keepdims)), error)

    def reshape(self, *shape: Any) -> Rounded:
        return Rounded(self.value.reshape(*shape), self.error.reshape(*shape), self.machine)

    @property
    def T(self) -> Rounded:
        return Rounded(self.value.T, self.error.T, self.machine)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> Rounded:
        return Rounded(self.value[index], self.error[index], self.machine)


def rounded_inputs(inputs: Inputs, dtype: str) -> Inputs:
    """The same inputs for code that works in `dtype`: exact where they are of that dtype, and else rounded to it."""
    machine = arithmetic(dtype)

    def exactly(array: Array) -> Rounded:
        value = array.astype(np.float64)
        with np.errstate(over="ignore"):
            error = np.abs(value - array.astype(dtype).astype(np.float64))
        return Rounded(value, error, machine)

    layers = [
        Layer(exactly(layer.w), exactly(layer.b), _activation(layer.activation, machine))
        for layer in inputs.network.layers
    ]
    return Inputs(Network(tuple(layers), inputs.network.cost), exactly(inputs.x), exactly(inputs.t))  # type: ignore[arg-type]


def _activation(activation: Activation, machine: Arithmetic) -> Activation:
    rules, kinked = RULES[activation.name], activation.name in ("relu", "leaky_relu")

    def f(z: Rounded) -> Rounded:
        a, error = activation.f(z.value), Affine.unsigned(z.error)
        response = rules(z.value, a, z.error, machine)
        return Rounded(a, response.outputs(error).rest + response.own, machine)

    def slope(z: Rounded) -> Rounded:
        response = rules(z.value, activation.f(z.value), z.error, machine)
        value, error = response.slope, response.slope_error(z.error)
        if kinked:  # within rounding of the kink either branch may be taken; an exact 0 is in no doubt
            error = np.where((np.abs(z.value) <= z.error) & (z.error > 0), 1.0, error)
        return Rounded(value, error, machine)

    return Activation(activation.name, f, None if activation.slope is None else slope, None)


def applied(name: str, z: Any) -> Any:
    """The activation function of that name, whatever the layer's is, on plain or on rounded numbers."""
    activation = ACTIVATIONS[name]
    return (_activation(activation, z.machine) if isinstance(z, Rounded) else activation).f(z)


def slope_at(name: str, z: Any) -> Any:
    """Its derivative at z."""
    activation = ACTIVATIONS[name]
    slope = (_activation(activation, z.machine) if isinstance(z, Rounded) else activation).slope
    assert slope is not None, "softmax has no slope"
    return slope(z)


def beside(w: Any, b: Any) -> Any:
    """w [n_l, n_{l-1}] with b [n_l] as its last column."""
    if not isinstance(w, Rounded):
        return np.column_stack([w, b])
    return Rounded(np.column_stack([w.value, b.value]), np.column_stack([w.error, b.error]), w.machine)


def exp(z: Any) -> Any:
    """The exponential in the dtype's own range: beyond it, infinity."""
    if not isinstance(z, Rounded):
        return np.exp(z)
    value = np.exp(z.value.astype(z.machine.dtype)).astype(np.float64)
    return Rounded(value, value * (np.expm1(z.error) + 2 * z.machine.relative), z.machine)


def pinv(w: Any) -> Any:
    """The pseudoinverse. Its error is normwise: ‖W⁺‖² times the backward error p u ‖W‖ of the factorisation that it
    comes from (Wedin, "Perturbation theory for pseudo-inverses", BIT 13, 1973), where p, a modest polynomial of the
    size, is 10 n^{3/2} here (Higham, chapters 9, 19 and 20, for LU, QR and least squares)."""
    if not isinstance(w, Rounded):
        return np.linalg.pinv(w)
    value = np.linalg.pinv(w.value)
    singular = np.linalg.svd(w.value, compute_uv=False)
    condition = singular[0] / singular[-1]
    moderate = 10.0 * max(w.value.shape) ** 1.5
    error = moderate * (w.machine.u * condition * np.abs(value).max() + np.abs(value).max() ** 2 * w.error.max())
    return Rounded(value, np.full(value.shape, error), w.machine)
