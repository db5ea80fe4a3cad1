"""Vectors as text: JSON where what holds numbers or words alone stands on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class AllDigits(float):
    """A number that is written with 17 significant digits, also where fewer read back as the same double."""


def json_text(data: Any, indent: str = "") -> str:
    """The data as JSON; numbers are finite."""
    if isinstance(data, AllDigits):
        return f"{data:.17g}"
    if not isinstance(data, (Mapping, list)):
        return json.dumps(data, ensure_ascii=False, allow_nan=False)
    deeper, values = indent + " ", [*data.values()] if isinstance(data, Mapping) else data
    parts = [json_text(one, deeper) for one in values]
    if isinstance(data, Mapping):
        parts = [f"{json.dumps(name)}: {part}" for name, part in zip(data, parts, strict=True)]
    opening, closing = "{}" if isinstance(data, Mapping) else "[]"
    if any(isinstance(one, (Mapping, list)) for one in values):
        return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"
    return f"{opening}{', '.join(parts)}{closing}"
