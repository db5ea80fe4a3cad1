"""Where a key is in a TOML file. Python's parser tells of the line only where the syntax is wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*=""")


def line_of_key(text: str, keys: Sequence[str]) -> int:
    """The line, from 1, of a key such as ("points", "delta"), or of the longest part of it that has a line of its own;
    0 if nothing of it is there."""
    places: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _TABLE.match(line):
            table = (found[1].strip("\"'"),)
            places.setdefault(table, number)
        elif found := _KEY.match(line):
            places.setdefault((*table, found[1].strip("\"'")), number)
    parts = (tuple(keys[:length]) for length in range(len(keys), 0, -1))
    return next((places[part] for part in parts if part in places), 0)
