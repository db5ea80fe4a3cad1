"""Networks whose sizes are fixed in the code: their arrays are replaced by arrays of other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from harness.sandbox.inference.adapter.plan import Family
from harness.sandbox.inference.exploring.families import Found, families_in, is_changeable, path_text
from harness.sandbox.inference.exploring.places import FoundArray, places_in

MOST_WEIGHTS = 4  # arrays that may be the weights
_RESIZABLE = {"in, out": (0, 0), "out, in": (1, 0), "last row": (0, 1), "last column": (1, 1)}  # input axis, biases


def resized(net: Any, widths: Sequence[int]) -> list[tuple[Family, Family | None]]:
    """Replace the arrays of a network by arrays for these sizes, and return where they are; empty if there are none.

    The weights are two or more arrays of which each takes what the one before it gives.
    """
    arrays = [one for one in places_in(net) if one.leaf in ("array", "integers") and not is_changeable(one.path)]
    matrices = [one for one in arrays if one.value.ndim == 2 and min(one.value.shape) > 0][:MOST_WEIGHTS]
    layers = len(widths) - 1
    for name, (axis, extra) in _RESIZABLE.items():
        for chosen in permutations(matrices, layers):
            sizes = [(one.value.shape[axis] - extra, one.value.shape[1 - axis]) for one in chosen]
            if all(before[1] == after[0] for before, after in pairwise(sizes)):
                rest = [one for one in arrays if one not in chosen]
                biases = _biases(rest, [fan_out for _, fan_out in sizes]) if not extra else []
                return _replaced(net, chosen, biases, name, widths)
    return []


def _biases(arrays: Sequence[FoundArray], sizes: Sequence[int]) -> list[FoundArray]:
    """One array for each layer that has the size of its biases, in the order of the layers; empty if one has none."""
    found: list[FoundArray] = []
    for size in sizes:
        fitting = (one for one in arrays if one.value.size == size and one not in found and one.value.ndim <= 2)
        if (first := next(fitting, None)) is None:
            return []
        found.append(first)
    return found


def _replaced(
    net: Any, weights: Sequence[FoundArray], biases: Sequence[FoundArray], name: str, widths: Sequence[int]
) -> list[tuple[Family, Family | None]]:
    axis, extra = _RESIZABLE[name]
    shapes = [(fan_in + extra, fan_out)[:: -1 if axis else 1] for fan_in, fan_out in pairwise(widths)]
    _assign(net, weights, shapes)
    if biases:
        shape = biases[0].value.shape
        _assign(net, biases, [tuple(n if size > 1 or len(shape) == 1 else 1 for size in shape) for n in widths[1:]])
    found = families_in(net, "net", widths)
    of_weights = [_with_heads(one, weights) for one in found[0] if one.family.arrangement == name]
    of_biases = [_with_heads(one, biases) for one in found[1]] if biases else [None]
    return [(w, b) for w in of_weights for b in of_biases if w is not None and (b is not None or not biases)]


def _assign(net: Any, arrays: Sequence[FoundArray], shapes: Sequence[tuple[int, ...]]) -> None:
    for one, shape in zip(arrays, shapes, strict=True):
        exec(f"net{path_text(one.path)} = value", {"net": net, "value": np.ones(shape)})


def _with_heads(found: Found, arrays: Sequence[FoundArray]) -> Family | None:
    """The family, to be assigned to, if it is in the places of these arrays."""
    if found.paths != tuple(one.path for one in arrays):
        return None
    return replace(found.family, heads=tuple(f"net{path_text(one.path)}" for one in arrays), is_general=False)
