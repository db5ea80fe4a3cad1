"""Variations of the inputs of a case: one array changed at a time, other orders of rows and units, other targets.

Every variation has the shapes of the original, except those with fewer rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook

TINY = 2.0**-20  # the relative change of a small change: a millionth
SCALES = (2.0**-6, 2.0**6)  # of the error a − t at the output


class ArrayName(NamedTuple):
    """An input array: `symbol` W, b, x or t, and its layer, 0 for x and t."""

    symbol: str
    layer: int = 0

    def __str__(self) -> str:
        return f"{self.symbol}^{self.layer}" if self.layer else self.symbol


def array_names(inputs: Inputs, *, has_biases: bool = True) -> list[ArrayName]:
    """The input arrays: W and b of each layer, x and t."""
    layers = range(1, len(inputs.network.layers) + 1)
    symbols = ("W", "b") if has_biases else ("W",)
    return [*(ArrayName(symbol, l) for l in layers for symbol in symbols), ArrayName("x"), ArrayName("t")]


def with_array_changed(inputs: Inputs, name: ArrayName, *, is_tiny: bool = False) -> Inputs:
    """One array changed in every entry: by a quarter at most, or by TINY; targets stay classes, if they are classes."""
    random = np.random.default_rng(name.layer)

    def changed(array: Array) -> Array:
        way = random.uniform(0.5, 1, array.shape) * random.choice([-1, 1], array.shape)
        if is_tiny:
            return np.asarray(array * (1 + TINY * way), dtype=array.dtype)
        return np.asarray(array * (1 + way / 4) + way * np.abs(array).mean() / 16, dtype=array.dtype)

    def other_targets(t: Array) -> Array:
        return np.roll(t, 1, axis=1) if t.shape[1] > 1 else np.asarray(1 - t)

    change = other_targets if name.symbol == "t" else changed
    return _with(inputs, name, change)


def with_all_changed(inputs: Inputs) -> Inputs:
    """All arrays changed."""
    for name in array_names(inputs):
        inputs = with_array_changed(inputs, name)
    return inputs


def with_row_changed(inputs: Inputs, row: int) -> Inputs:
    """One row of x and t changed."""
    other = with_array_changed(with_array_changed(inputs, ArrayName("x")), ArrayName("t"))
    x, t = inputs.x.copy(), inputs.t.copy()
    x[row], t[row] = other.x[row], other.t[row]
    return Inputs(inputs.network, x, t)


def with_rows(inputs: Inputs, rows: Sequence[int] | Array) -> Inputs:
    """These rows in this order."""
    return Inputs(inputs.network, inputs.x[rows], inputs.t[rows])


def with_units_in_order(inputs: Inputs, layer: int, order: Array) -> Inputs:
    """The units of a layer in another order: of the inputs for layer 0, and of the outputs for the last one."""
    layers = inputs.network.layers
    w, b, x, t = [one.w for one in layers], [one.b for one in layers], inputs.x, inputs.t
    if layer:
        w[layer - 1], b[layer - 1] = w[layer - 1][order], b[layer - 1][order]
    else:
        x = x[:, order]
    if layer < len(layers):
        w[layer] = w[layer][:, order]
    else:
        t = t[:, order]
    return Inputs(inputs.network.with_parameters(w, b), x, t)


def in_former_order(array: Array, key: tuple[str, int], layer: int, order: Array) -> Array:
    """A quantity of a network whose units of a layer are in this order, as if they were in the original one."""
    quantity, l = key
    back = np.argsort(order)
    if l == layer:
        return array[:, back] if quantity in ("delta", "z", "a") else array[back]
    if l == layer + 1 and quantity in ("w", "update"):
        columns = np.append(back, len(back)) if quantity == "update" else back  # the last column is the bias
        return array[:, columns]
    return array


def activations(inputs: Inputs) -> dict[int, Array]:
    """a^l of each layer, [n, n_l], and x as a^0."""
    book = Textbook(inputs)
    with np.errstate(all="ignore"):
        book.gradients()
    return book.a


def with_weights_changed_unseen(inputs: Inputs, layer: int, below: Array) -> Inputs:
    """The weights of a layer changed in directions orthogonal to `below`, its inputs: its z stay, within rounding.

    So only the backward pass can see it. There must be fewer rows than units below the layer.
    """
    w = inputs.network.layers[layer - 1].w
    way = np.random.default_rng(layer).uniform(-0.5, 0.5, w.shape) * np.abs(w).mean()
    unseen = way - way @ np.linalg.pinv(below) @ below
    return _with(inputs, ArrayName("W", layer), lambda w: np.asarray(w + unseen, w.dtype))


def with_scaled_error(inputs: Inputs, scale: float, a: Array) -> Inputs:
    """Targets with which the error a − t at the output, whose values are `a`, is multiplied by `scale`."""
    return Inputs(inputs.network, inputs.x, np.asarray(a + scale * (inputs.t - a), dtype=inputs.t.dtype))


def _with(inputs: Inputs, name: ArrayName, change: Callable[[Array], Array]) -> Inputs:
    if not name.layer:
        x, t = (change(inputs.x), inputs.t) if name.symbol == "x" else (inputs.x, change(inputs.t))
        return Inputs(inputs.network, x, t)
    layers = inputs.network.layers
    w, b = [one.w for one in layers], [one.b for one in layers]
    arrays = w if name.symbol == "W" else b
    arrays[name.layer - 1] = change(arrays[name.layer - 1])
    return Inputs(inputs.network.with_parameters(w, b), inputs.x, inputs.t)
