"""The place in the source of a definition where an operation is computed."""

from __future__ import annotations

import linecache
import re
import sys
from dataclasses import dataclass
from functools import cache
from itertools import islice
from os.path import dirname, join
from types import CodeType

_PACKAGE = dirname(__file__)
_OPERATIONS = join(dirname(_PACKAGE), "operations.py")


@dataclass(frozen=True)
class Origin:
    """An operation of a definition: its expression, the name that its value gets, if any, and the whole line.

    `offset` tells operations of one expression apart, such as both products of a b c.
    """

    expression: str
    name: str
    line: str
    offset: int

    @property
    def label(self) -> str:
        """What messages call the value."""
        return self.name or self.expression


def origin() -> Origin:
    """The operation that is being computed: where the innermost frame outside this package and `operations` is."""
    frame = sys._getframe(1)
    while _is_inside(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    return _origin_at(frame.f_code, frame.f_lasti)


@cache
def _is_inside(path: str) -> bool:
    return path == _OPERATIONS or dirname(path) == _PACKAGE


@cache
def _origin_at(code: CodeType, offset: int) -> Origin:
    first, last, start, stop = next(islice(code.co_positions(), offset // 2, None))
    line = linecache.getline(code.co_filename, first or 0).rstrip()
    whole = line.strip()
    target = re.match(r"(\w+) = (.*)", whole)
    expression = line.encode()[start or 0 : stop].decode() if first == last else whole
    name = target[1] if target and target[2] == expression else ""
    return Origin(expression, name, whole, offset)
