"""The arrays of numbers that an object holds, and the Python expressions that reach them.

An object is searched through its attributes, dictionaries, lists and tuples. An array is an array of NumPy, nested
lists of numbers, or a number or array that each item of one or two nested lists holds, such as the weights of neurons.
"""

from __future__ import annotations

import types
from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from keyword import iskeyword
from numbers import Real
from typing import Any

import numpy as np

from harness.model.contract import Array
from harness.sandbox.inference.adapter.names import python_literal

MOST_LEAVES = 50_000  # of one object
LONGEST_PATH = 20  # steps
MOST_ITEMS = 10_000  # of one list
MOST_AXES = 2
_PLAIN = (str, bytes, type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType)


@dataclass(frozen=True)
class PathStep:
    """A step of a path: to an attribute, to the value of a key, to an item of a list, or to every item (an axis)."""

    kind: str  # "attribute", "key", "item", "axis"
    value: Hashable = None

    @property
    def text(self) -> str:
        """The step in Python."""
        return f".{self.value}" if self.kind == "attribute" else f"[{python_literal(self.value)}]"


Path = tuple[PathStep, ...]
AXIS = PathStep("axis")


@dataclass(frozen=True, eq=False)
class FoundArray:
    """Where an array is. `leaf` says what stands at the end of the path: "array", "integers", "list" or "number"."""

    path: Path
    leaf: str
    value: Array


def places_in(root: Any) -> list[FoundArray]:
    """Every array that is reached from an object, those that are nearest first."""
    leaves = dict(_leaves(root))
    found = [FoundArray(path, leaf, value) for path, (leaf, value) in leaves.items() if leaf != "number"]
    for axes in range(1, MOST_AXES + 1):
        found += _with_axes(leaves, axes)
    return found


def numbers_in(root: Any) -> list[Path]:
    """The path of every single number that is reached from an object."""
    return [path for path, (leaf, _) in _leaves(root) if leaf == "number"]


def _with_axes(leaves: Mapping[Path, tuple[str, Array]], axes: int) -> Iterator[FoundArray]:
    """The arrays that consist of the leaves of the items in nested lists: the last `axes` lists of their paths."""
    groups: dict[Path, list[tuple[tuple[int, ...], str, Array]]] = defaultdict(list)
    for path, (leaf, value) in leaves.items():
        items = [at for at, token in enumerate(path) if token.kind == "item"][-axes:]
        if len(items) == axes and value.ndim + axes <= 2 and leaf != "integers":
            pattern = tuple(AXIS if at in items else token for at, token in enumerate(path))
            groups[pattern].append((tuple(path[at].value for at in items), leaf, value))  # type: ignore[misc]
    for pattern, members in groups.items():
        indices, kinds, values = zip(*members, strict=True)
        shape = tuple(max(one) + 1 for one in zip(*indices, strict=True))
        shapes, is_whole = {value.shape for value in values}, len(members) == np.prod(shape)
        if is_whole and len(shapes) == 1 and len(set(kinds)) == 1:
            array = np.empty((*shape, *values[0].shape))
            for index, value in zip(indices, values, strict=True):
                array[index] = value
            yield FoundArray(pattern, kinds[0], array)


def _leaves(root: Any) -> Iterator[tuple[Path, tuple[str, Array]]]:
    queue: deque[tuple[Path, Any]] = deque([((), root)])
    seen, count = set[int](), 0
    while queue and count < MOST_LEAVES:
        path, value = queue.popleft()
        if (leaf := _leaf(value)) is not None:
            if id(value) not in seen or leaf[0] == "number":
                count += 1
                yield path, leaf
        elif id(value) not in seen and len(path) < LONGEST_PATH:
            queue += [((*path, token), one) for token, one in _contents(value)]
        if not isinstance(value, Real):
            seen.add(id(value))


def _leaf(value: Any) -> tuple[str, Array] | None:
    """What a value is at the end of a path, with its numbers in float64; None if it is no array and no number.

    An array of integers is distinguished from others: weights that are set in it would be rounded.
    """
    if isinstance(value, (bool, np.bool_)):
        return None
    with suppress(Exception):  # a class of theirs may raise anything; a list may be ragged, a number too large
        if isinstance(value, Real):
            return "number", np.asarray(float(value))
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim in (1, 2):
            return "array" if value.dtype.kind == "f" else "integers", np.array(value, float)
        if isinstance(value, list) and _is_nested_numbers(value):
            return "list", np.array(value, float)
    return None


def _is_nested_numbers(value: list[Any]) -> bool:
    """Whether it is a list of numbers, or a list of such lists."""
    if not 0 < len(value) <= MOST_ITEMS:
        return False
    rows = value if all(isinstance(one, list) and len(one) <= MOST_ITEMS for one in value) else [value]
    return all(row and all(isinstance(one, Real) and not isinstance(one, bool) for one in row) for row in rows)


def _contents(value: Any) -> list[tuple[PathStep, Any]]:
    """What a value holds, with the steps that lead there; nothing if a class of theirs raises when it is asked."""
    with suppress(Exception):
        return [*_steps_from(value)]
    return []


def _steps_from(value: Any) -> Iterator[tuple[PathStep, Any]]:
    if isinstance(value, Mapping):
        keys = {key if isinstance(key, str) else int(key): key for key in value if isinstance(key, (str, int))}
        yield from ((PathStep("key", key), value[own]) for key, own in keys.items())
    elif isinstance(value, (list, tuple)) or (
        isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1
    ):
        yield from ((PathStep("item", at), one) for at, one in enumerate(value[:MOST_ITEMS]))
    elif not isinstance(value, _PLAIN):
        names = [*getattr(value, "__dict__", ()), *_slots(value)]
        own = (name for name in names if isinstance(name, str) and name.isidentifier() and not iskeyword(name))
        yield from ((PathStep("attribute", name), getattr(value, name, None)) for name in own)


def _slots(value: Any) -> list[str]:
    slots = [getattr(kind, "__slots__", ()) for kind in type(value).__mro__]
    return [name for one in slots for name in ((one,) if isinstance(one, str) else one) if not name.startswith("__")]
