"""What storing correct numbers in float16 may cost, for the mistake that consists in it.

Rounding to float16, with 11 significant bits, adds an error of half a unit in the last place, 2⁻²⁵ at 0 and among the
subnormal numbers; harness.judging.arithmetic.storage says which numbers are stored.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.judging.arithmetic.formats import FLOAT16, FLOAT32
from harness.judging.arithmetic.storage import failing_parts, stored_numbers, stored_update
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey, Arrays

_FORMATS = {one.dtype: one for one in (FLOAT16, FLOAT32)}


def are_representable(dtype: str, numbers: Array, room: Array | float = 0.0) -> bool:
    """Whether all numbers are representable in the dtype, to within `room`."""
    return _FORMATS[dtype].holds(numbers, room)


def storage_costs(
    values: Mapping[ArrayKey, Array], out_of_bounds: Arrays, inputs: Inputs, learning_rate: float
) -> dict[ArrayKey, Array] | None:
    """The largest error that storing in float16 may add to each entry of the quantities that are out of bounds.

    `out_of_bounds` says of each entry whether it is. None if some entries are out of bounds and not float16 numbers.
    """
    costs = {key: np.zeros_like(values[key]) for key in out_of_bounds}
    for label, l, key, part in failing_parts(out_of_bounds):
        numbers, entries = values[key][part], out_of_bounds[key][part]
        if key[0] == "update":
            stored = stored_update(FLOAT16, inputs, learning_rate, (label, l), numbers, entries)
        else:
            stored = stored_numbers(FLOAT16, numbers, 0.0, entries, str(inputs.x.dtype))
        if stored is None:
            return None
        # An infinity breaks the contract anyway, and says nothing about the other numbers.
        costs[key][part] = np.where(np.isinf(numbers), np.inf, stored.cost)
    return costs


def has_nonzero(values: Mapping[ArrayKey, Array], out_of_bounds: Mapping[ArrayKey, Array]) -> bool:
    """Whether a finite number other than 0 is out of bounds; a 0 may come from any dtype, or from a lost term."""
    numbers = np.concatenate([np.zeros(1), *(values[key][entries] for key, entries in out_of_bounds.items())])
    return bool((np.isfinite(numbers) & (numbers != 0)).any())
