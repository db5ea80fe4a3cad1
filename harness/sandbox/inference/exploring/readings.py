"""Where gradients, moved parameters and outputs are after the calls: everything that has the right shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.plan import Family, Reading
from harness.sandbox.inference.exploring.families import Found, families_in
from harness.sandbox.inference.exploring.places import Path, places_in

MOST_OUTPUTS = 20
MOST_BIASES = 2  # families of biases that are tried beside a family of weights
Outputs: TypeAlias = "tuple[tuple[float, ...], ...]"
Parameters: TypeAlias = "tuple[Family, Family | None]"
Families: TypeAlias = "tuple[list[Found], list[Found]]"  # of the shapes of weights, and of biases


def values_in(net: Any, widths: Sequence[int]) -> dict[Family, tuple[Any, ...]]:
    """The numbers of every family in a network."""
    return {one.family: one.values for some in families_in(net, "net", widths) for one in some}


def readings_of(
    parameters: Parameters, before: Mapping[Family, tuple[Any, ...]], after: Families, returned: Families
) -> list[Reading]:
    """The readings: the parameters if they moved, what changed beside them, and what was returned, which may be
    gradients or moved parameters."""
    weights, biases = parameters
    own = {one.place for one in parameters if one is not None}
    changed = [[one for one in some if _is_changed(one, before)] for some in after]
    is_moved = any(one.family.place in own for some in changed for one in some)
    found = [Reading("step", "moved", weights, biases)] if is_moved else []
    beside = [[one for one in some if one.family.place not in own and not one.looks_like_update] for some in changed]
    found += _pairs("backprop", "beside the weights", beside[0], beside[1], has_biases=biases is not None)
    for function in ("backprop", "step"):
        found += _pairs(function, "returned", *returned, has_biases=biases is not None)
    return found


def _is_changed(found: Found, before: Mapping[Family, tuple[Any, ...]]) -> bool:
    old = before.get(found.family)
    return old is None or any(not np.array_equal(a, b) for a, b in zip(old, found.values, strict=True))


def _pairs(
    function: str, where: str, weights: Sequence[Found], biases: Sequence[Found], *, has_biases: bool
) -> Iterator[Reading]:
    """The readings from these families: weights with biases in them, or with biases that are near them."""
    for one in weights:
        if arrangement(one.family.arrangement).b or not has_biases:
            yield Reading(function, where, one.family, None)
        else:
            apart = [other for other in biases if not other.overlaps(one)]
            for other in sorted(apart, key=partial(distance, one))[:MOST_BIASES]:
                yield Reading(function, where, one.family, other.family)


def distance(one: Found, other: Found) -> int:
    """How far two families are from each other: less the more steps their paths share."""
    return -_shared_steps(one.paths[0], other.paths[0])


def _shared_steps(one: Path, other: Path) -> int:
    same = [a == b for a, b in zip(one, other, strict=False)]
    return (same.index(False) if False in same else len(same)) * 2 + (len(one) == len(other))


def number_in(returned: Any) -> float | None:
    """What may be the value of a cost: a number, the first of a tuple, or the sum of an array."""
    if isinstance(returned, tuple) and returned:
        returned = returned[0]
    if isinstance(returned, Real):
        return float(returned)
    if isinstance(returned, np.ndarray) and returned.dtype.kind == "f":
        return float(returned.sum())
    data = getattr(returned, "data", None)
    return float(data) if isinstance(data, Real) else None


def outputs_in(roots: Sequence[Any], rows: int, outputs: int) -> Outputs:
    """What may be the outputs of the network for some rows, each flat, row by row."""
    shapes = {(rows, outputs), (outputs, rows), *([(outputs,)] if rows == 1 else [(rows,)] if outputs == 1 else [])}
    found: dict[tuple[float, ...], None] = {}
    for place in places_in(list(roots)):
        if place.value.shape in shapes:
            array = place.value.T if place.value.shape == (outputs, rows) else place.value
            found.setdefault(tuple(array.ravel().tolist()))
    return tuple(found)[:MOST_OUTPUTS]
