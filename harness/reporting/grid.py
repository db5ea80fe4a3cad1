"""Tables of text, for a terminal and for the reports."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import Any, NamedTuple

NOTHING = "–"  # a cell without a value
WIDEST_CELL = 90  # characters of a cell in one line


class Grid(NamedTuple):
    """A table to be shown."""

    heads: list[str]
    rows: list[list[Any]]


def grid_text(grid: Grid) -> str:
    """A table for a terminal: columns with two blanks between them, long cells in several lines."""
    lines: list[list[str]] = [grid.heads, ["" for _ in grid.heads]]
    for row in grid.rows:
        cells = [textwrap.wrap(str(cell), WIDEST_CELL) for cell in row]
        lines += map(list, zip_longest(*cells, fillvalue=""))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines[1] = ["-" * width for width in widths]
    shown = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown)
