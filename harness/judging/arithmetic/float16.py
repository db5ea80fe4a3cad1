"""Recognise correct numbers that were stored in float16, with 11 significant bits.

Rounding to float16 adds an error of half a unit in the last place, 2⁻²⁵ at 0 and among the subnormal numbers. Gradients
are stored once. A step may store the gradient, its product with the learning rate, which NumPy rounds too, and the
weights; those of them that are float16 numbers were stored.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey

ALL_COLUMNS = ((slice(None),),)
WEIGHTS_AND_BIASES = ((slice(None), slice(-1)), (slice(None), slice(-1, None)))  # of an update; stored independently
_MARGIN = 1 + 2.0**-9  # after two roundings a number may lie just above the next power of two


def half_ulp(numbers: Array) -> Array:
    """The largest error of rounding to float16 with these results."""
    exponents = np.frexp(np.maximum(np.abs(numbers), 2.0**-14))[1]
    return np.asarray(np.ldexp(1.0, exponents - 12))


def are_representable(dtype: str, numbers: Array, room: Array | float = 0.0) -> bool:
    """Whether all numbers are representable in the dtype, to within `room`."""
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = numbers.astype(dtype).astype(np.float64)
        return bool(((numbers == rounded) | (np.abs(numbers - rounded) <= room)).all())


def storage_costs(
    values: Mapping[ArrayKey, Array], out_of_bounds: Mapping[ArrayKey, Array], inputs: Inputs, learning_rate: float
) -> dict[ArrayKey, Array] | None:
    """The largest error that storing in float16 may add to each entry of the quantities that are out of bounds.

    `out_of_bounds` says of each entry whether it is. None if some entries are out of bounds and not float16 numbers.
    """
    costs = {}
    for (name, l), entries in out_of_bounds.items():
        costs[name, l] = np.zeros_like(values[name, l])
        for part in WEIGHTS_AND_BIASES if name == "update" else ALL_COLUMNS:
            if entries[part].any():
                numbers = values[name, l][part]
                cost = (
                    _update_cost(numbers, part, l, inputs, learning_rate)
                    if name == "update"
                    else _gradient_cost(numbers)
                )
                if cost is None:
                    return None
                # An infinity breaks the contract anyway, and says nothing about the other numbers.
                costs[name, l][part] = np.where(np.isinf(numbers), np.inf, cost)
    return costs


def _gradient_cost(numbers: Array) -> Array | None:
    return half_ulp(numbers) if are_representable("float16", numbers) else None


def _update_cost(update: Array, part: tuple[slice, ...], l: int, inputs: Inputs, learning_rate: float) -> Array | None:
    """The largest error of storing in a part of the update old − new.

    None if neither the new weights, nor the gradient's product with the learning rate, nor the gradient are float16
    numbers, to within the rounding of the subtraction.
    """
    layer, eps = inputs.network.layers[l - 1], float(np.finfo(inputs.x.dtype).eps)
    new, gradient = np.column_stack([layer.w, layer.b])[part] - update, update / learning_rate
    room = eps * (np.abs(new) + np.abs(update))
    of_weights: Array | float = 0.0
    if are_representable("float16", new, room):
        of_weights = half_ulp(_MARGIN * new)
    elif not are_representable("float16", update, room):
        in_float16 = are_representable("float16", gradient, room / learning_rate + eps * np.abs(gradient))
        return learning_rate * half_ulp(_MARGIN * gradient) if in_float16 else None
    product = _MARGIN * (np.abs(update) + of_weights + 2.0**-25)
    gradient = product / learning_rate
    of_rate = gradient * abs(float(np.float16(learning_rate)) - learning_rate)
    return of_weights + half_ulp(product) + of_rate + learning_rate * half_ulp(gradient)


def has_nonzero(values: Mapping[ArrayKey, Array], out_of_bounds: Mapping[ArrayKey, Array]) -> bool:
    """Whether a finite number other than 0 is out of bounds; a 0 may come from any dtype, or from a lost term."""
    numbers = np.concatenate([np.zeros(1), *(values[key][entries] for key, entries in out_of_bounds.items())])
    return bool((np.isfinite(numbers) & (numbers != 0)).any())
