"""Operators that stand for another one by a slip of the hand: //, % and **."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.truth.bounds.rounded_functions import floored, modulo, power

COST = 3  # people hardly write them
RARE_OPERATORS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("//", lambda x, y: floored(x / y)),
    ("mod", modulo),
    ("**", power),
)
