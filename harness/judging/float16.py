"""Numbers that were right until they were stored in float16, which keeps 11 bits of them.

One storing costs half a unit in the last place, 2⁻²⁵ at 0 and among the subnormals. Gradients are stored once. A step
may store the gradient, its product with the learning rate, which NumPy rounds too, and the weights; how many of these
it did is seen from which of them are float16 numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.certify import Standard, error_over_bound

Key = tuple[str, int]
WHOLE = ((slice(None),),)
WEIGHTS_AND_BIASES = ((slice(None), slice(-1)), (slice(None), slice(-1, None)))  # of an update: either may be stored
_NEAR = 1 + 2.0**-9  # covers two roundings: a number that is known so well may be the next power of two


def half_unit(numbers: Array) -> Array:
    """What rounding to the nearest float16 may have cost, where it led to these."""
    exponents = np.frexp(np.maximum(np.abs(numbers), 2.0**-14))[1]
    return np.asarray(np.ldexp(1.0, exponents - 12))


def are_of(dtype: str, numbers: Array, room: Array | float = 0.0) -> bool:
    """Whether all are numbers of that dtype, to within `room`."""
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = numbers.astype(dtype).astype(np.float64)
        return bool(((numbers == rounded) | (np.abs(numbers - rounded) <= room)).all())


def storing(
    values: Mapping[Key, Array], beyond: Mapping[Key, Array], inputs: Inputs, learning_rate: float
) -> dict[Key, Array] | None:
    """What storing may have cost every entry of the quantities of which some entries are `beyond` their bounds; None
    where numbers depart that are not stored in float16."""
    costs = {}
    for (name, l), departs in beyond.items():
        costs[name, l] = np.zeros_like(values[name, l])
        for part in WEIGHTS_AND_BIASES if name == "update" else WHOLE:
            if departs[part].any():
                numbers = values[name, l][part]
                cost = _of_step(numbers, part, l, inputs, learning_rate) if name == "update" else _of_gradient(numbers)
                if cost is None:
                    return None
                # An infinity breaks the contract by itself; of the other numbers it says nothing.
                costs[name, l][part] = np.where(np.isinf(numbers), np.inf, cost)
    return costs


def _of_gradient(numbers: Array) -> Array | None:
    return half_unit(numbers) if are_of("float16", numbers) else None


def _of_step(moved: Array, part: tuple[slice, ...], l: int, inputs: Inputs, learning_rate: float) -> Array | None:
    """The cost in a part of the displacement old − new; None where neither the new weights, nor the gradient's product
    with the rate, nor the gradient are float16 numbers to within the rounding of the subtraction."""
    layer, eps = inputs.network.layers[l - 1], float(np.finfo(inputs.x.dtype).eps)
    new, gradient = np.column_stack([layer.w, layer.b])[part] - moved, moved / learning_rate
    room = eps * (np.abs(new) + np.abs(moved))
    of_weights: Array | float = 0.0
    if are_of("float16", new, room):
        of_weights = half_unit(_NEAR * new)
    elif not are_of("float16", moved, room):
        in_float16 = are_of("float16", gradient, room / learning_rate + eps * np.abs(gradient))
        return learning_rate * half_unit(_NEAR * gradient) if in_float16 else None
    product = _NEAR * (np.abs(moved) + of_weights + 2.0**-25)
    gradient = product / learning_rate
    of_rate = gradient * abs(float(np.float16(learning_rate)) - learning_rate)
    return of_weights + half_unit(product) + of_rate + learning_rate * half_unit(gradient)


def shows(values: Mapping[Key, Array], beyond: Mapping[Key, Array]) -> bool:
    """Whether a finite number other than 0 departs: 0 is in every dtype, and where a formula has lost a term."""
    departing = np.concatenate([np.zeros(1), *(values[key][departs] for key, departs in beyond.items())])
    return bool((np.isfinite(departing) & (departing != 0)).any())


def is_truth_stored(
    values: Mapping[Key, Array],
    standards: Mapping[Key, Standard],
    in_float32: Callable[[], Mapping[Key, Standard]],
    inputs: Inputs,
    learning_rate: float,
) -> bool:
    """Whether all that departs is the truth stored in float16, computed in the dtype of the inputs or in float32."""
    beyond = {key: ~(error_over_bound(value, standards[key]) <= 1) for key, value in values.items()}
    costs = storing(values, beyond, inputs, learning_rate)
    if costs is None or not shows(values, beyond):
        return False
    single = in_float32()
    return all(
        (error_over_bound(values[key], _widened(standards[key], single[key], cost)) <= 1).all()
        for key, cost in costs.items()
    )


def _widened(standard: Standard, single: Standard, cost: Array) -> Standard:
    """With the bound of float32, where that can be decided, and the cost of storing."""
    bound = np.where(single.undecidable, standard.bound, np.maximum(standard.bound, single.bound))
    return replace(standard, bound=bound + cost)
