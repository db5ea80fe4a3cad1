"""How an expression becomes a definition, and what expressions use beside numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake, Sizes

_THREE_DRAWS: Mapping[str, Sizes] = {f"numbers {n}": {} for n in (1, 2, 3)}
SOURCE = "Griewank and Walther, Evaluating Derivatives, SIAM, 2008"


def expression(
    name: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    arguments: Mapping[str, Argument],
    *mistakes: LayerMistake,
    cases: Mapping[str, Sizes] = _THREE_DRAWS,
    results: tuple[str, ...] = ("out",),
) -> Definition:
    """An expression that engines differentiate. Its backward pass starts from 1 for each result."""
    return Definition(
        name, (), forward, backward, arguments, cases, SOURCE, results=results, kind="engine", mistakes=mistakes
    )


def repeated_sum(x: Any, times: int) -> Any:
    """x + x + …, `times` terms."""
    return (x * np.ones(times)).sum()
