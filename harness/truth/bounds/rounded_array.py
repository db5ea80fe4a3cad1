"""Arrays that carry a bound on their rounding error: running error analysis of any formula, by evaluating it.

`RoundedArray(value, error)` states that code in the given format, which takes its sums in any order, computes every
entry to within `error` of the exact value; `value` itself is within `error` too. The rules are those of
harness.truth.bounds.error_analysis (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002,
chapter 3), which gives sharper bounds for the correct formula only. These bounds decide whether a wrong formula
explains given numbers: two evaluations of it differ by at most 2 `error`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.model.activations import ACTIVATIONS
from harness.model.contract import Activation, Array, Inputs, Layer, Network
from harness.truth.bounds.activation_errors import ERROR_RULES
from harness.truth.bounds.affine import AffineForms
from harness.truth.bounds.float_format import FloatFormat, float_format

# Code may write the same algebra with a few more roundings in each operation.
_ROUNDINGS_PER_OPERATION = 3


class RoundedArray:
    """A float64 array and the bound on the error of each entry, of one shape. Shapes follow NumPy's rules."""

    __slots__ = ("error", "fmt", "value")
    __array_ufunc__ = None  # so that array + RoundedArray calls __radd__ of this class

    def __init__(self, value: Array, error: Array, fmt: FloatFormat) -> None:
        self.value, self.error, self.fmt = value, error, fmt

    def _coerce(self, other: Any) -> RoundedArray:
        if isinstance(other, RoundedArray):
            return other
        value = np.asarray(other, dtype=np.float64)
        return RoundedArray(value, np.zeros_like(value), self.fmt)

    def _with_rounding(self, value: Array, error: Array) -> RoundedArray:
        """The result of one operation, with its roundings added to the propagated error."""
        size = np.abs(value) + error
        return RoundedArray(value, error + _ROUNDINGS_PER_OPERATION * self.fmt.u * size + self.fmt.tiny, self.fmt)

    def __add__(self, other: Any) -> RoundedArray:
        other = self._coerce(other)
        return self._with_rounding(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Any) -> RoundedArray:
        return self + -self._coerce(other)

    def __rsub__(self, other: Any) -> RoundedArray:
        return self._coerce(other) - self

    def __neg__(self) -> RoundedArray:
        return RoundedArray(-self.value, self.error, self.fmt)

    def __abs__(self) -> RoundedArray:
        return RoundedArray(np.abs(self.value), self.error, self.fmt)

    def __mul__(self, other: Any) -> RoundedArray:
        other = self._coerce(other)
        mine, theirs = np.abs(self.value), np.abs(other.value)
        error = mine * other.error + self.error * theirs + self.error * other.error
        return self._with_rounding(self.value * other.value, error)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Any) -> RoundedArray:
        other = self._coerce(other)
        value, size = self.value / other.value, np.abs(other.value)
        smallest = np.where(size > other.error, size - other.error, 0.0)
        return self._with_rounding(value, (self.error + np.abs(value) * other.error) / smallest)

    def __rtruediv__(self, other: Any) -> RoundedArray:
        return self._coerce(other) / self

    def __matmul__(self, other: Any) -> RoundedArray:
        other = self._coerce(other)
        propagated = np.abs(self.value) @ other.error + self.error @ (np.abs(other.value) + other.error)
        sizes = (np.abs(self.value) + self.error) @ (np.abs(other.value) + other.error)
        error = self.fmt.gamma(self.value.shape[-1] + 1) * sizes + propagated
        return self._with_rounding(self.value @ other.value, error)

    def __rmatmul__(self, other: Any) -> RoundedArray:
        return self._coerce(other) @ self

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> RoundedArray:
        terms = self.value.size if axis is None else self.value.shape[axis]
        sizes = (np.abs(self.value) + self.error).sum(axis=axis, keepdims=keepdims)
        error = self.error.sum(axis=axis, keepdims=keepdims) + self.fmt.gamma(terms) * sizes
        return self._with_rounding(np.asarray(self.value.sum(axis=axis, keepdims=keepdims)), error)

    def reshape(self, *shape: Any) -> RoundedArray:
        return RoundedArray(self.value.reshape(*shape), self.error.reshape(*shape), self.fmt)

    @property
    def T(self) -> RoundedArray:
        return RoundedArray(self.value.T, self.error.T, self.fmt)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape)

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> RoundedArray:
        return RoundedArray(self.value[index], self.error[index], self.fmt)


def rounded_inputs(inputs: Inputs, dtype: str) -> Inputs:
    """The inputs as code in `dtype` sees them: exact if they have that dtype, else with the error of the conversion."""
    fmt = float_format(dtype)

    def converted(array: Array) -> RoundedArray:
        value = array.astype(np.float64)
        with np.errstate(over="ignore"):
            error = np.abs(value - array.astype(dtype).astype(np.float64))
        return RoundedArray(value, error, fmt)

    layers = [
        Layer(converted(layer.w), converted(layer.b), _rounded_activation(layer.activation, fmt))
        for layer in inputs.network.layers
    ]
    return Inputs(Network(tuple(layers), inputs.network.cost), converted(inputs.x), converted(inputs.t))  # type: ignore[arg-type]


def _rounded_activation(activation: Activation, fmt: FloatFormat) -> Activation:
    rule, has_kink = ERROR_RULES[activation.name], activation.name in ("relu", "leaky_relu")

    def f(z: RoundedArray) -> RoundedArray:
        a = activation.f(z.value)
        errors = rule(z.value, a, z.error, fmt)
        propagated = errors.propagate(AffineForms.from_magnitudes(z.error)).remainder
        return RoundedArray(a, propagated + errors.local_error, fmt)

    def slope(z: RoundedArray) -> RoundedArray:
        errors = rule(z.value, activation.f(z.value), z.error, fmt)
        error = errors.slope_error(z.error)
        if has_kink:  # within the error of the kink the code may take either branch; a z that is exactly 0 is certain
            error = np.where((np.abs(z.value) <= z.error) & (z.error > 0), 1.0, error)
        return RoundedArray(errors.slope, error, fmt)

    return Activation(activation.name, f, None if activation.slope is None else slope, None)


def _named_activation(name: str, z: Any) -> Activation:
    activation = ACTIVATIONS[name]
    return _rounded_activation(activation, z.fmt) if isinstance(z, RoundedArray) else activation


def value_of(x: Any) -> Array:
    """The numbers without their bounds, of an array or a RoundedArray."""
    return np.asarray(x.value if isinstance(x, RoundedArray) else x)


def apply_activation(name: str, z: Any) -> Any:
    """f(z) of the named activation function, for an array or a RoundedArray z."""
    return _named_activation(name, z).f(z)


def activation_slope(name: str, z: Any) -> Any:
    """f'(z) of the named activation function, for an array or a RoundedArray z. Not for softmax."""
    slope = _named_activation(name, z).slope
    assert slope is not None, "softmax has no slope"
    return slope(z)


def append_bias_column(w: Any, b: Any) -> Any:
    """[n_l, n_{l-1} + 1]: w [n_l, n_{l-1}] with b [n_l] as last column."""
    if not isinstance(w, RoundedArray):
        return np.column_stack([w, b])
    return RoundedArray(np.column_stack([w.value, b.value]), np.column_stack([w.error, b.error]), w.fmt)


def exp_in_dtype(z: Any) -> Any:
    """e^z, computed in the range of the dtype: infinity where e^z overflows it."""
    if not isinstance(z, RoundedArray):
        return np.exp(z)
    value = np.exp(z.value.astype(z.fmt.dtype)).astype(np.float64)
    return RoundedArray(value, value * (np.expm1(z.error) + 2 * z.fmt.function_relative_error), z.fmt)


def pinv(w: Any) -> Any:
    """The pseudoinverse W⁺ [n, m] of w [m, n].

    The error bound is normwise: ‖W⁺‖² p u ‖W‖, where p u ‖W‖ is the backward error of the factorisation (Wedin,
    "Perturbation theory for pseudo-inverses", BIT 13, 1973). p is a modest polynomial of the size (Higham, chapters 9,
    19 and 20, for LU, QR and least squares); here it is 10 n^{3/2}.
    """
    if not isinstance(w, RoundedArray):
        return np.linalg.pinv(w)
    value = np.linalg.pinv(w.value)
    singular = np.linalg.svd(w.value, compute_uv=False)
    condition = singular[0] / singular[-1]
    p = 10.0 * max(w.value.shape) ** 1.5
    error = p * (w.fmt.u * condition * np.abs(value).max() + np.abs(value).max() ** 2 * w.error.max())
    return RoundedArray(value, np.full(value.shape, error), w.fmt)
