"""A pass of a layer with the changed lines of a mistake."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from harness.layers.definition import LayerMistake


@cache
def _source(function: Any) -> str:
    return inspect.getsource(function)


def is_in(function: Any, mistake: LayerMistake) -> bool:
    """Whether a pass has the lines that a mistake changes."""
    return mistake.right in _source(function)


@cache
def changed(function: Any, mistake: LayerMistake) -> Any:
    """The pass with a mistake. Raises ValueError if the right lines are not there exactly once."""
    source, names = _source(function), dict(function.__globals__)
    if source.count(mistake.right) != 1:
        where = f"{function.__module__}.{function.__name__}"
        raise ValueError(f"{where}: expected {mistake.right!r} once, found it {source.count(mistake.right)} times")
    exec(source.replace(mistake.right, mistake.wrong), names)
    return names[function.__name__]


def changed_lines(function: Any, mistake: LayerMistake) -> tuple[str, str]:
    """The whole lines of a pass that a mistake changes: as they are right, and as they are with the mistake."""
    source = _source(function)
    start = source.rindex("\n", 0, source.index(mistake.right)) + 1
    end = source.index("\n", source.index(mistake.right) + len(mistake.right))
    right = source[start:end]
    return right.strip(), right.replace(mistake.right, mistake.wrong).strip()
