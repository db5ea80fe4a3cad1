"""What a worker reports to the harness while it waits, so that a time-out can say what was missing."""

from __future__ import annotations

import socket

from harness.sandbox.wire.lines import pack

COMPILING, COMPILED = "compiling", "compiled"
_channels: list[socket.socket] = []


def report_to(channel: socket.socket) -> None:
    """Send what is reported from now on to the harness."""
    _channels[:] = [channel]


def report(progress: str) -> None:
    """Report that a compiler starts or has ended, or what has arrived of an answer that is not complete."""
    for channel in _channels:
        channel.sendall(pack({"progress": progress}))
