"""Recognise correct numbers that are numbers of a narrower format, because they were computed or stored in it.

Gradients are stored once. A step may store the gradient, its product with the learning rate, and the new weights; those
of them that are numbers of the format were stored in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judging.arithmetic.formats import BFLOAT16, BITS_OF, FLOAT16, FLOAT32, NarrowFormat
from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import quantities
from harness.model.contract import Array, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.rounded_array import rounded_inputs

MOST_CHANCE = 1e-9  # that numbers of another origin all happen to be numbers of the format
_SYMBOLS = {"z": "z", "a": "a", "delta": "δ", "w": "∂C/∂W", "b": "∂C/∂b"}
_ALL = (slice(None),)
_COLUMNS = {"w": (slice(None), slice(-1)), "b": (slice(None), slice(-1, None))}  # of an update; stored independently
_ROUNDED_TWICE = 1 + 2.0**-7  # after two roundings a number may lie just above the next power of two


@dataclass(frozen=True, eq=False)
class Stored:
    """Stored numbers: the largest error of storing each, and the log2 of the chance that others are of the format."""

    cost: Array
    log_chance: float


def stored_format(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The narrowest format in which all numbers that are out of bounds are correct, and which has all of them."""
    failing = [one for one in observations if one.out_of_bounds]
    for narrow in (BFLOAT16, FLOAT16, FLOAT32):
        log_chance, places = 0.0, set()
        for one in failing:
            found = _log_chance(one, narrow) if narrow.bits < BITS_OF[one.dtype] else None
            if found is None:
                break
            log_chance += found
            places |= {(label, l) for label, l, _, _ in _failing_parts(one.out_of_bounds)}
        else:
            if log_chance <= np.log2(MOST_CHANCE):
                where = _where(places, failing)
                reason = f"its numbers {where} are {narrow.name} numbers, and are correct for {narrow.name}"
                return NamedArithmetic(narrow.name, where, None, reason, 2.0 ** max(log_chance, -1000.0))
    return None


def _failing_parts(out_of_bounds: Arrays) -> Iterator[tuple[str, int, ArrayKey, tuple[slice, ...]]]:
    """The arrays with entries out of bounds: the quantity, its layer, the key and the part of the array."""
    for (name, l), entries in out_of_bounds.items():
        columns = _COLUMNS if name == "update" else {name: _ALL}
        yield from ((label, l, (name, l), part) for label, part in columns.items() if entries[part].any())


def _where(places: set[tuple[str, int]], observations: Sequence[Observation]) -> str:
    """The quantities in words, with the layer if it is one of several."""
    names = [name for name in _SYMBOLS if any(name == place for place, _ in places)]
    if len(names) > 2 and all({name for name, _ in one.values} <= {*names, "update"} for one in observations):
        return "throughout"
    text = " and ".join(filter(None, [", ".join(_SYMBOLS[name] for name in names[:-1]), _SYMBOLS[names[-1]]]))
    layers = {l for _, l in places}
    deepest = max(len(one.inputs.network.layers) for one in observations)
    return f"in {text} of layer {min(layers)}" if len(layers) == 1 < deepest else f"in {text}"


def storage_costs(
    values: Mapping[ArrayKey, Array], out_of_bounds: Arrays, inputs: Inputs, learning_rate: float
) -> dict[ArrayKey, Array] | None:
    """The largest error that storing in float16 may add to each entry of the quantities that are out of bounds.

    `out_of_bounds` says of each entry whether it is. None if some entries are out of bounds and not float16 numbers.
    """
    costs = {key: np.zeros_like(values[key]) for key in out_of_bounds}
    for key, part, stored in _stored_parts(FLOAT16, values, out_of_bounds, inputs, learning_rate):
        if stored is None:
            return None
        # An infinity breaks the contract anyway, and says nothing about the other numbers.
        costs[key][part] = np.where(np.isinf(values[key][part]), np.inf, stored.cost)
    return costs


def has_nonzero(values: Mapping[ArrayKey, Array], out_of_bounds: Mapping[ArrayKey, Array]) -> bool:
    """Whether a finite number other than 0 is out of bounds; a 0 may come from any dtype, or from a lost term."""
    numbers = np.concatenate([np.zeros(1), *(values[key][entries] for key, entries in out_of_bounds.items())])
    return bool((np.isfinite(numbers) & (numbers != 0)).any())


def _stored_parts(
    narrow: NarrowFormat, values: Mapping[ArrayKey, Array], out_of_bounds: Arrays, inputs: Inputs, learning_rate: float
) -> Iterator[tuple[ArrayKey, tuple[slice, ...], Stored | None]]:
    """Each part of an array with entries out of bounds, and what is stored of it; None if nothing is."""
    for label, l, key, part in _failing_parts(out_of_bounds):
        numbers, entries = values[key][part], out_of_bounds[key][part]
        if key[0] == "update":
            yield key, part, _stored_update(narrow, inputs, learning_rate, (label, l), numbers, entries)
        else:
            yield key, part, _stored_numbers(narrow, numbers, 0.0, entries, str(inputs.x.dtype))


def _log_chance(one: Observation, narrow: NarrowFormat) -> float | None:
    """The log2 of the chance that other numbers are all of this format; None if some are not, or are not correct."""
    in_float32, log_chance = _float32_errors(one), 0.0
    for key, part, stored in _stored_parts(narrow, one.values, one.out_of_bounds, one.inputs, one.learning_rate):
        if stored is None:
            return None
        entries = one.out_of_bounds[key][part]
        allowed = one.bounds[key][part] + stored.cost + in_float32.get(key, np.zeros_like(one.values[key]))[part]
        if (entries & ~(one.errors[key][part] <= allowed)).any():
            return None
        log_chance += stored.log_chance
    return log_chance


def _float32_errors(one: Observation) -> dict[ArrayKey, Array]:
    """The bounds on the errors of code in float32, in which numbers may be computed before they are stored.

    For an update it is that of the gradient, times the learning rate. Where there is no bound it is 0.
    """
    if one.dtype == "float32":
        return {}
    names = {name for name, _ in one.out_of_bounds}
    gradients = {"w", "b"} if "update" in names else set()
    with np.errstate(all="ignore"):
        found = quantities(
            Textbook,
            rounded_inputs(one.inputs, "float32"),
            one.learning_rate,
            one.scale,
            names - {"update"} | gradients,
        )
    errors = {key: np.where(np.isfinite(array.error), array.error, 0.0) for key, array in found.items()}
    for name, l in one.out_of_bounds:
        if name == "update":
            errors[name, l] = abs(one.learning_rate) * np.column_stack([errors["w", l], errors["b", l]])
    return errors


def _stored_numbers(
    narrow: NarrowFormat, numbers: Array, room: Array | float, entries: Array, dtype: str
) -> Stored | None:
    """Numbers of the format, to within `room`; None if they are not."""
    if not narrow.holds(numbers, room):
        return None
    half_ulp = narrow.half_ulp(_ROUNDED_TWICE * numbers if np.any(room) else numbers)
    own = np.abs(numbers) * 2.0 ** -BITS_OF[dtype]
    counted = entries & (numbers != 0)  # a 0 may come from any format, or from a lost term
    _, first = np.unique(numbers[counted], return_index=True)
    chances = np.minimum(1.0, (np.broadcast_to(room, numbers.shape) + own)[counted][first] / half_ulp[counted][first])
    return Stored(half_ulp, float(np.log2(chances).sum()))


def _stored_update(
    narrow: NarrowFormat, inputs: Inputs, rate: float, key: ArrayKey, update: Array, entries: Array
) -> Stored | None:
    """The weights or the biases of an update, old − new, of which one of these is stored: the new ones, the gradient's
    product with the learning rate, or the gradient. None if none is.

    `key` is w or b, and the layer.
    """
    label, l = key
    layer, dtype = inputs.network.layers[l - 1], str(inputs.x.dtype)
    u = 2.0 ** (1 - BITS_OF[dtype])
    old = (layer.w if label == "w" else layer.b[:, None]).astype(np.float64)
    new, gradient = old - update, update / rate
    room = u * (np.abs(new) + np.abs(update))
    weights = _stored_numbers(narrow, new, room, entries, dtype)
    product = _stored_numbers(narrow, update, room, entries, dtype)
    if weights is None and product is None:
        room_of_gradient = room / rate + u * np.abs(gradient)
        stored = _stored_numbers(narrow, gradient, room_of_gradient, entries, dtype)
        return None if stored is None else Stored(rate * stored.cost, stored.log_chance)
    cost = np.zeros_like(update)
    if weights is not None:
        cost = weights.cost + np.abs(old - FLOAT32.converted(old))
    sizes = _ROUNDED_TWICE * (np.abs(update) + cost + narrow.tiny * 2.0**-narrow.bits)
    of_rate = sizes / rate * abs(float(narrow.converted(np.array([rate]))[0]) - rate)
    of_gradient = rate * narrow.half_ulp(sizes / rate)
    cost = cost + narrow.half_ulp(sizes) + of_rate + of_gradient
    return Stored(cost, min(stored.log_chance for stored in (weights, product) if stored is not None))
