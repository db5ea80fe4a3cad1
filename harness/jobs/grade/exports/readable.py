"""Texts and numbers as every format and every page can hold them."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

# Control characters, halves of surrogate pairs, which stand for bytes that are no UTF-8, marks that turn the direction
# of what follows, and what Unicode and XML have no character for.
_UNREADABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n?")
_Value = TypeVar("_Value")


def readable(value: _Value) -> _Value:
    """A text, or a value of dataclasses and tuples with all of its texts, in characters that every format can hold: for
    others stands U+FFFD; lines end in a line feed."""
    changed: Any = value
    if isinstance(value, str):
        changed = _UNREADABLE.sub("\ufffd", _LINE_END.sub("\n", value))
    elif isinstance(value, tuple):
        changed = tuple(readable(one) for one in value)
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(value, **{one.name: readable(getattr(value, one.name)) for one in fields(value)})
    return changed  # type: ignore[no-any-return]


def points_text(value: float) -> str:
    """A mark in as few digits as it has, to hundredths."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
