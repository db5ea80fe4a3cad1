"""What crosses between the harness and foreign code: a header of JSON and arrays as raw bytes, never pickles.

A message is 12 bytes of lengths, the header, and the numbers of its arrays one after the other. What comes from the
other side is not trusted: its lengths are limited before they are believed, and its arrays are real numbers.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.contract import Array

_LENGTHS = struct.Struct("!IQ")
_DTYPES = ("<f4", "<f8")
LONGEST_HEADER = 2**20


class BadMessage(Exception):
    """What came is no message."""


def pack(header: Mapping[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """One message. The arrays are float32 or float64, of any shape."""
    little = [np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")) for array in arrays]
    shapes = [[array.dtype.str, list(one.shape)] for array, one in zip(little, arrays, strict=True)]
    head = json.dumps({**header, "arrays": shapes}).encode()
    body = b"".join(array.tobytes() for array in little)
    return _LENGTHS.pack(len(head), len(body)) + head + body


class Inbox:
    """Takes bytes as they come, and gives the message when it is there. `limit` is the longest body, in bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray()

    def feed(self, data: bytes) -> tuple[dict[str, Any], list[Array]] | None:
        """Take more bytes; the message, if it is complete. Raises BadMessage."""
        self._bytes += data
        if len(self._bytes) < _LENGTHS.size:
            return None
        head, body = _LENGTHS.unpack_from(self._bytes)
        if head > LONGEST_HEADER or body > self._limit:
            raise BadMessage(f"a message of {head + body:,} bytes")
        start = _LENGTHS.size + head
        if len(self._bytes) < start + body:
            return None
        message = bytes(self._bytes[: start + body])
        del self._bytes[: start + body]
        return _unpack(message[_LENGTHS.size : start], message[start:])


def _unpack(head: bytes, body: bytes) -> tuple[dict[str, Any], list[Array]]:
    try:
        header = json.loads(head)
        shapes = [(str(dtype), tuple(int(n) for n in shape)) for dtype, shape in header.pop("arrays")]
        arrays, start = [], 0
        for dtype, shape in shapes:
            count = math.prod(shape)
            if dtype not in _DTYPES or min(shape, default=0) < 0:
                raise BadMessage(f"an array of {dtype} {shape}")
            arrays.append(np.frombuffer(body, dtype, count, start).reshape(shape).copy())
            start += count * int(dtype[-1])
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None
    return header, arrays
