"""Messages as bytes: a line of JSON, and after it the bytes of its arrays, never pickles.

What is received is not trusted: its lengths are checked against limits before memory is allocated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.model.contract import Array
from harness.sandbox.answers import printable
from harness.sandbox.wire.arrays import BadArray, bytes_of, describe_array, is_array, read_array

LONGEST_LINE = 2**24  # bytes
QUOTED = 60  # characters of a malformed line that a message quotes
Message = dict[str, Any]


class BadMessage(Exception):
    """What was received is no message, or no answer to the request."""


class BadContent(BadMessage):
    """A complete message with an array that is none or with bad JSON; what follows it can still be read."""


def pack(message: Mapping[str, Any], form: str = "bytes") -> bytes:
    """The message as bytes, with its arrays in this form. They may stand anywhere in its lists and mappings."""
    body: list[bytes] = []
    described = _with_parts_replaced(message, "", lambda value, _: describe_array(value, form, body), _is_ndarray)
    return b"".join([json.dumps(described).encode(), b"\n", *body])


class Inbox:
    """Collects bytes and returns complete messages; their arrays are read-only.

    `limit` is the largest size of the arrays that follow a line, and `longest_line` that of a line, in bytes. JSON has
    no NaN and no infinities; Python writes and reads them, which `is_python` allows.
    """

    def __init__(self, limit: int, longest_line: int = LONGEST_LINE, *, is_python: bool = False) -> None:
        self.limit, self.longest_line, self._is_python = limit, longest_line, is_python
        self._bytes, self._searched = bytearray(), 0
        self._waiting: tuple[Message, int] | None = None  # a message without its arrays, and their size

    @property
    def unfinished(self) -> str:
        """What has arrived of a message that is not complete; empty if nothing has."""
        if self._waiting is not None:
            return f"{len(self._bytes):,} of {self._waiting[1]:,} bytes of numbers came"
        return f"unfinished line: {beginning(self._bytes)}" if self._bytes else ""

    def feed(self, data: bytes) -> Message | None:
        """Add bytes; the first message if it is complete, else None. Raises BadMessage."""
        self._bytes += data
        if self._waiting is None:
            self._waiting = self._read_line()
        if self._waiting is None:
            return None
        message, size = self._waiting
        if len(self._bytes) < size:
            return None
        self._waiting, body = None, self._take(size)
        return _with_arrays(message, body)

    def _read_line(self) -> tuple[Message, int] | None:
        """The next line as JSON, and how many bytes of arrays follow it; None if it is not complete."""
        end = self._bytes.find(b"\n", self._searched)
        if max(end, len(self._bytes) if end < 0 else 0) > self.longest_line:
            raise BadMessage(f"a line of more than {self.longest_line:,} bytes: {beginning(self._bytes)}")
        if end < 0:
            self._searched = len(self._bytes)
            return None
        self._searched, line = 0, self._take(end + 1)
        message = _parsed(line, is_python=self._is_python)
        size = 0

        def add(value: Any, _: str) -> None:
            nonlocal size
            size += bytes_of(value)

        try:
            _with_parts_replaced(message, "", add, is_array)
        except (BadArray, RecursionError) as error:
            raise BadMessage(f"{error}: {beginning(line)}") from None
        if size > self.limit:
            raise BadMessage(f"a message with {size:,} bytes of numbers, expected {self.limit:,} at most")
        return message, size

    def _take(self, count: int) -> bytes:
        with memoryview(self._bytes) as view:
            taken = bytes(view[:count])
        del self._bytes[:count]
        return taken


def _is_ndarray(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def _parsed(line: bytes, *, is_python: bool) -> Message:
    def refuse(name: str) -> None:
        raise BadContent(f'{name} is no number in JSON, expected the string "{name}": {beginning(line)}')

    try:
        message = json.loads(line, parse_constant=None if is_python else refuse)
    except (ValueError, RecursionError) as error:
        # An object, such as one with the nan of C, is an answer, and nothing more comes; other lines may precede one.
        is_object = line.strip().startswith(b"{") and line.strip().endswith(b"}")
        kind = BadContent if is_object else BadMessage
        raise kind(f"no JSON: {beginning(line)} ({str(error)[:QUOTED]})") from None
    if not isinstance(message, dict):
        raise BadMessage(f"no JSON object: {beginning(line)}")
    return message


def _with_arrays(message: Message, body: bytes) -> Message:
    start = 0

    def read(value: Mapping[str, Any], place: str) -> Array:
        nonlocal start
        mine = body[start : start + bytes_of(value)]
        start += len(mine)
        try:
            return read_array(value, mine)
        except BadArray as error:
            raise BadContent(f"{place}: {error}") from None

    found: Message = _with_parts_replaced(message, "", read, is_array)
    return found


def _with_parts_replaced(
    value: Any, place: str, replace: Callable[[Any, str], Any], is_found: Callable[[Any], bool]
) -> Any:
    """The value with each part that is found replaced, in the order of the line; `place` is as `w of layer 1`."""
    if is_found(value):
        return replace(value, place)
    if isinstance(value, dict):
        return {key: _with_parts_replaced(one, str(key), replace, is_found) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [
            _with_parts_replaced(one, f"{place} of layer {n}", replace, is_found)
            for n, one in enumerate(value, start=1)
        ]
    return value


def beginning(line: bytes | bytearray) -> str:
    """The beginning of a line for a message, in quotes."""
    text = printable(line[: 4 * QUOTED].decode(errors="replace").rstrip("\r\n"))
    return f'"{text}"' if len(text) <= QUOTED else f'"{text[:QUOTED]} …"'
