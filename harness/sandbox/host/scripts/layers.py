"""Run short scripts in the namespace of a file: how layers are called, whatever their interface.

A script is a list of steps `[names, expression]`: the expression is evaluated in the names of the file, its value is
bound to the names. The file's process knows nothing of what is expected of it.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import Answer, Fault, Refusal, is_identical, refusal_from
from harness.sandbox.host.child import hide_harness
from harness.sandbox.host.returned import float64_copy
from harness.sandbox.host.scripts.objects import HELPERS
from harness.sandbox.host.scripts.supplied import supply_past
from harness.sandbox.inference.hosting.imports import import_file
from harness.sandbox.wire.lines import Message

RETURNED = "returned"  # the array that says which results are there: 1, or 0 for None


class LayersHost:
    """The names of a file, in which scripts run. Creating it raises whatever the file raises."""

    declared: Mapping[str, Any] = {}
    notes = ()

    def __init__(self, path: str) -> None:
        self._path, self._process = Path(path), os.getpid()
        hide_harness(self._path.parent)
        supply_past()
        module, _ = import_file(self._path)
        self._names = vars(module)

    def answer(self, _function: str, message: Message) -> Answer:
        """The results of a script, each an array or None; whatever goes wrong is in the answer.

        Its members: `arrays` by name, of which those in `integers` hold whole numbers; `numbers` by name; `steps`;
        `results`, the names whose values are returned.
        """
        given = {name: _writeable(array, message["integers"], name) for name, array in message["arrays"].items()}
        before = {name: array.copy() for name, array in given.items()}
        scope = {**HELPERS, **message["numbers"], **given}
        found: dict[str, Array | None] = {}
        start = time.perf_counter()
        try:
            for names, expression in message["steps"]:
                bound = _bound(names, expression, eval(expression, self._names, scope))
                scope |= bound
                # An array may change later, as weights do that are updated in place.
                found |= {name: _floats(name, bound[name]) for name in bound.keys() & message["results"]}
        except BaseException as error:  # SystemExit, too, is a failure of the file
            return Answer(refusal=self._refusal(error), seconds=time.perf_counter() - start)
        finally:
            if os.getpid() != self._process:
                os._exit(0)  # a fork of this process that the file has left running
        changed = tuple(name for name, array in given.items() if not is_identical(before[name], array))
        flags = np.array([float(found.get(name) is not None) for name in message["results"]])
        arrays = {(name, 1): array for name, array in found.items() if array is not None}
        return Answer({(RETURNED, 1): flags, **arrays}, changed=changed, seconds=time.perf_counter() - start)

    def _refusal(self, error: BaseException) -> Refusal:
        """What an exception says; an operation on None, in the script itself, is on what is not written yet."""
        frames = traceback.extract_tb(error.__traceback__)
        is_ours = all(frame.filename != str(self._path) for frame in frames)
        if isinstance(error, TypeError) and "NoneType" in str(error) and is_ours:
            return Refusal("unsupported", "an operation that it needs returns None")
        return refusal_from(error, self._path)


def _writeable(array: Array, integers: Sequence[str], name: str) -> Array:
    return array.astype(np.int64) if name in integers else array.copy()


def _bound(names: Sequence[str], expression: str, value: Any) -> dict[str, Any]:
    """A value by its name, or the parts of a tuple by their names. Raises Fault for another number of parts.

    None in place of a tuple stands for what is not written yet.
    """
    if len(names) <= 1:
        return dict.fromkeys(names, value)
    parts = [None] * len(names) if value is None else value
    called, expected = expression.partition("(")[0], f"expected {len(names)}: {', '.join(names)}"
    if not isinstance(parts, (tuple, list)):
        raise Fault("count", f"{called} returned one value, {expected}")
    if len(parts) != len(names):
        raise Fault("count", f"{called} returned {len(parts)} values, {expected}")
    return dict(zip(names, parts, strict=True))


def _floats(name: str, value: Any) -> Array | None:
    """An array of floats, None as it is. Raises Fault."""
    if value is None:
        return None
    return float64_copy(name, value.detach() if hasattr(value, "detach") else value)  # a tensor of PyTorch
