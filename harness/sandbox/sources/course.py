"""The Octave course's nnCostFunction.m, which a driver makes into a program.

    function [J grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)

It is checked without and with a penalty; LAMBDAS are the sizes.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

TYPE_CHECKING = False  # importing typing is slow; see harness/__init__.py
if TYPE_CHECKING:
    from harness.sandbox.sources.find import Implementation

OCTAVE, LAMBDAS = "Octave", (0, 3)
_DRIVER = Path(__file__).parent / "octave" / "cost_function.m"
_SIGNATURE = re.compile(rb"^\s*function\s*\[[^\]]*\]\s*=\s*nnCostFunction\s*\(", re.MULTILINE)


def is_course_file(path: Path) -> bool:
    """Whether a source file defines the course's function."""
    with suppress(OSError):
        return path.suffix == ".m" and _SIGNATURE.search(path.read_bytes()) is not None
    return False


def course_command(path: Path, size: int = LAMBDAS[-1]) -> tuple[str, ...]:
    """The command of an implementation that drives the file with a penalty of this size."""
    return OCTAVE, str(_DRIVER), str(path), str(size)


def stages_of(implementation: Implementation) -> tuple[Implementation, ...]:
    """The implementations as which one is checked, one after the other: the course's file with each penalty."""
    if str(_DRIVER) not in implementation.command:
        return (implementation,)
    path = implementation.path
    return tuple(
        replace(implementation, command=course_command(path, size), about=f"lambda = {size}") for size in LAMBDAS
    )
