"""The textbook with a part of it in a narrow format.

On arrays it emulates such code. On RoundedArray it bounds the errors of such code. Products in a narrow format take
their operands in it and sum in float32, as tensor cores do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from harness.judging.arithmetic.formats import FLOAT32, Conversion, NarrowFormat
from harness.model.contract import Inputs, Layer, Network, Numbers
from harness.model.costs import UNSCALED, CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.rounded_array import RoundedArray, activation_slope, append_bias_column

FORWARD_PRODUCTS = frozenset({"W forward", "a forward"})
SENT_BACK_PRODUCTS = frozenset({"δ backward", "W backward"})
GRADIENT_PRODUCTS = frozenset({"δ gradient", "a gradient"})
FIRST, LAST = " of the first layer", " of the last layer"
STORED_FORWARD, STORED_BACKWARD = frozenset({"z", "a"}), frozenset({"slope", "δ", "w", "b"})
# The parts of the products alone, and in words where they are.
PRODUCT_SCOPES: dict[str, frozenset[str]] = {
    "in all products": FORWARD_PRODUCTS | SENT_BACK_PRODUCTS | GRADIENT_PRODUCTS,
    "in the products of the forward pass": FORWARD_PRODUCTS,
    "in the products of the backward pass": SENT_BACK_PRODUCTS | GRADIENT_PRODUCTS,
    "in the products δ W": SENT_BACK_PRODUCTS,
    "in the products of ∂C/∂W": GRADIENT_PRODUCTS,
}
MAIN_SCOPES = tuple(PRODUCT_SCOPES.items())[:3]
OPERAND_SCOPES: dict[str, frozenset[str]] = {
    "in the weights, as factors of all products": frozenset({"W forward", "W backward"}),
    "in a and δ, as factors of all products": frozenset({"a forward", "δ backward", "δ gradient", "a gradient"}),
}
STORED_SCOPES: dict[str, frozenset[str]] = {
    "in z": frozenset({"z"}),
    "in a": frozenset({"a"}),
    "in f'(z)": frozenset({"slope"}),
    "in z as the argument of f'": frozenset({"slope z"}),
    "in f'(z) and its argument": frozenset({"slope z", "slope"}),
    "in all of f'(z)": frozenset({"f' of z"}),
    "in all of f'(z), from f(z)": frozenset({"f' of f"}),
    "in a as the argument of a (1 − a) or 1 − a²": frozenset({"slope a"}),
    "in a (1 − a) or 1 − a²": frozenset({"slope a", "slope"}),
    "in δ": frozenset({"δ"}),
    "in the inputs": frozenset({"inputs"}),
    "in the forward pass": FORWARD_PRODUCTS | STORED_FORWARD,
    "in the backward pass": SENT_BACK_PRODUCTS | GRADIENT_PRODUCTS | STORED_BACKWARD,
    "throughout": frozenset({"inputs"})
    | FORWARD_PRODUCTS
    | SENT_BACK_PRODUCTS
    | GRADIENT_PRODUCTS
    | STORED_FORWARD
    | STORED_BACKWARD,
}

# The usual formulas of f and f' take no more operations, which may all be in the format.
MOST_OPERATIONS = {"a": 8, "slope": 8}


class PartlyNarrow(Textbook):
    """The textbook with `parts` of its arithmetic in `narrow`, the rest in the arithmetic of its inputs."""

    narrow: ClassVar[Conversion]
    parts: ClassVar[frozenset[str]]

    def __init__(self, inputs: Inputs, learning_rate: float | None = None, scale: CostScale = UNSCALED) -> None:
        super().__init__(self._stored_inputs(inputs), learning_rate, scale)

    def _stored_inputs(self, inputs: Inputs) -> Inputs:
        if "inputs" not in self.parts:
            return inputs
        layers = [
            Layer(_converted(one.w, self.narrow), _converted(one.b, self.narrow), one.activation)
            for one in inputs.network.layers
        ]
        x, t = _converted(inputs.x, self.narrow), _converted(inputs.t, self.narrow)
        return Inputs(Network(tuple(layers), inputs.network.cost), x, t)

    def _is_narrow(self, part: str, l: int) -> bool:
        is_at_end = {FIRST: l == 1, LAST: l == self.last}
        return part in self.parts or any(is_at_end[end] and part + end in self.parts for end in is_at_end)

    def _stored(self, part: str, l: int, value: Numbers) -> Numbers:
        return _converted(value, self.narrow, MOST_OPERATIONS.get(part, 1)) if self._is_narrow(part, l) else value

    def _product(self, l: int, first: tuple[str, Numbers], second: tuple[str, Numbers]) -> Numbers:
        one, other = self._stored(first[0], l, first[1]), self._stored(second[0], l, second[1])
        if not (self._is_narrow(first[0], l) and self._is_narrow(second[0], l)):
            return one @ other
        return _summed_in_float32(one, other, exact=self.narrow is not FLOAT32)

    def weighted_input(self, l: int) -> Numbers:
        product = self._product(l, ("a forward", self.a[l - 1]), ("W forward", self.layer(l).w.T))
        return self._stored("z", l, product + self.layer(l).b)

    def output(self, l: int) -> Numbers:
        return self._stored("a", l, super().output(l))

    def slope(self, l: int) -> Numbers:
        name = self.layer(l).activation.name
        if self._is_narrow("slope a", l) and name in ("sigmoid", "tanh"):
            a = _converted(self.a[l], self.narrow)
            if name == "sigmoid":
                return self._stored("slope", l, a * self._stored("slope", l, 1 - a))
            return self._stored("slope", l, 1 - self._stored("slope", l, a * a))
        if self.parts & {"f' of z", "f' of f"}:
            return self._slope_inside(l)
        slope = activation_slope(name, self._stored("slope z", l, self.z[l]))
        return self._stored("slope", l, slope)

    def _slope_inside(self, l: int) -> Numbers:
        """f'(z), each operation of which is in the format if NumPy has it; else its argument and the result are."""
        z, activation = self.z[l], self.layer(l).activation
        dtype = self.narrow.dtype if isinstance(self.narrow, NarrowFormat) else ""
        if isinstance(z, RoundedArray) or not dtype:
            slope = activation_slope(activation.name, _converted(z, self.narrow))
            return _converted(slope, self.narrow, MOST_OPERATIONS["slope"])
        given = z.astype(dtype)
        if "f' of f" in self.parts and activation.slope_from_output is not None:
            return np.asarray(activation.slope_from_output(activation.f(given)).astype(np.float64))
        return np.asarray(activation_slope(activation.name, given).astype(np.float64))

    def output_delta(self) -> Numbers:
        return self._stored("δ", self.last, super().output_delta())

    def sent_back(self, l: int) -> Numbers:
        return self._product(l + 1, ("δ backward", self.delta[l + 1]), ("W backward", self.weights_back(l + 1)))

    def hidden_delta(self, l: int) -> Numbers:
        return self._stored("δ", l, super().hidden_delta(l))

    def bias_gradient(self, l: int) -> Numbers:
        return self._stored("b", l, super().bias_gradient(l))

    def weight_gradient(self, l: int) -> Numbers:
        product = self._product(l, ("δ gradient", self.delta[l].T), ("a gradient", self.a[l - 1]))
        return self._stored("w", l, product)


def _converted(value: Numbers, narrow: Conversion, operations: int = 1) -> Numbers:
    """The converted numbers; of RoundedArray, with the bound of so many operations that end in a conversion."""
    if not isinstance(value, RoundedArray):
        return narrow.converted(value)
    size = np.abs(value.value) + value.error
    return RoundedArray(
        value.value, value.error + operations * (narrow.largest_relative_error * size + narrow.tiny), value.fmt
    )


def _summed_in_float32(one: Numbers, other: Numbers, *, exact: bool) -> Numbers:
    """The product of matrices; in float32 if not `exact`, and with the bound of sums in float32 for RoundedArray."""
    if isinstance(one, RoundedArray):
        product = one @ other
        sizes = (np.abs(one.value) + one.error) @ (np.abs(other.value) + other.error)
        roundings = (one.shape[-1] + 1) * FLOAT32.largest_relative_error
        return RoundedArray(product.value, product.error + 2 * roundings * sizes, product.fmt)
    if exact:
        return one @ other
    with np.errstate(over="ignore", invalid="ignore"):
        return (one.astype(np.float32) @ other.astype(np.float32)).astype(np.float64)


def narrowed(narrow: Conversion, parts: frozenset[str]) -> type[PartlyNarrow]:
    """The textbook with these parts in this format."""
    return type("Narrowed", (PartlyNarrow,), {"narrow": narrow, "parts": parts})


def quantities(
    formulation: type[Textbook], inputs: Inputs, learning_rate: float, scale: CostScale, names: set[str]
) -> dict[ArrayKey, Any]:
    """The quantities with these names that a formulation computes; RoundedArray if the inputs are.

    An update is the old weights and biases minus the new ones, without the rounding of the new ones on arrays.
    """
    return quantities_of_book(formulation(inputs, learning_rate, scale), learning_rate, names)


def quantities_of_book(book: Textbook, learning_rate: float, names: set[str]) -> dict[ArrayKey, Any]:
    """The same of a formulation that may know its forward pass."""
    gradients = book.gradients()
    found = {
        (name, l): array for name in names - {"update"} for l, array in enumerate(getattr(gradients, name), start=1)
    }
    if "update" in names:
        for l, (layer, w, b) in enumerate(zip(book.network.layers, gradients.w, gradients.b, strict=True), start=1):
            moves = learning_rate * w, learning_rate * b
            if isinstance(layer.w, RoundedArray):
                moves = layer.w - (layer.w - moves[0]), layer.b - (layer.b - moves[1])
            found["update", l] = append_bias_column(*moves)
    return found


def scopes() -> Iterator[tuple[str, frozenset[str]]]:
    """All parts, in words and as sets; some in the first or the last layer alone."""
    for some in (PRODUCT_SCOPES, OPERAND_SCOPES, STORED_SCOPES):
        yield from some.items()
    for where in ("in z", "in a", "in f'(z)", "in δ"):
        for end in (FIRST, LAST):
            yield where + end, frozenset(part + end for part in STORED_SCOPES[where])
    for where in ("in the products of the forward pass", "in the products of ∂C/∂W"):
        for end in (FIRST, LAST):
            yield where + end, frozenset(part + end for part in PRODUCT_SCOPES[where])
