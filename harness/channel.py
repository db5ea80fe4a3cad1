"""Messages between the harness and a worker: pickles on a socket, each behind its length. Python's own connections do
the same, and import much more than that."""

from __future__ import annotations

import pickle
import select
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")
_SHORT = 2**16


def packed(message: Any) -> bytes:
    return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


class Channel:
    """One end of it."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def send(self, message: bytes) -> None:
        """A packed message. Raises OSError where nobody is there to hear it."""
        length = _LENGTH.pack(len(message))
        if len(message) < _SHORT:  # copied, to be sent at once
            self._socket.sendall(length + message)
        else:
            self._socket.sendall(length)
            self._socket.sendall(message)

    def has_news(self) -> bool:
        """Whether a message, or the end, is there without waiting."""
        return bool(self._poll.poll(0))

    def receive(self) -> Any:
        """The next message. Raises EOFError at the end, and OSError."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return pickle.loads(self._exactly(length))

    def _exactly(self, count: int) -> bytearray:
        found = bytearray(count)
        view, have = memoryview(found), 0
        while have < count:
            part = self._socket.recv_into(view[have:])
            if not part:
                raise EOFError
            have += part
        return found

    def close(self) -> None:
        self._socket.close()
