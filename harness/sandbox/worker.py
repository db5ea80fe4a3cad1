"""A worker process, seen from the harness: start it, write to it, read from it and end it.

No method waits for the worker, except `end`. The code that runs in the worker is harness.sandbox.host.child.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from collections.abc import Iterator, Sequence

from harness.model.errors import Exhausted
from harness.sandbox.answers import LONGEST_MESSAGE, printable
from harness.sandbox.processes.server import Server
from harness.sandbox.wire.lines import Inbox, Message

MAX_KEPT_OUTPUT = 10_000  # the first bytes that an implementation prints are kept
LAST_OUTPUT_BYTES = 4096  # the last ones may say why the process ended
READ_BYTES = 2**16  # bytes read or sent at a time
_EXCEPTION = r"Exception in thread|(?:Uncaught )?[\w.]*(?:Error|Exception): "


class Output:
    """The first bytes that an implementation prints, and how many bytes it prints in all."""

    def __init__(self) -> None:
        self.kept, self.bytes = b"", 0

    def take(self, data: bytes) -> None:
        """Count more bytes, and keep them while there is room."""
        self.bytes += len(data)
        self.kept += data[: MAX_KEPT_OUTPUT - len(self.kept)]


class Worker:
    """A process for one implementation. If the fork server is lost, there is no process and the worker is closed.

    `host` names the class that answers requests in the worker, as `module:class`, and `target` are its arguments, such
    as the path of a file. `memory` is the limit of resident memory, in bytes. `output` collects what the process
    prints.
    Raises Exhausted if the system cannot start another process.
    """

    def __init__(self, server: Server, host: str, target: Sequence[str], memory: float, output: Output) -> None:
        self._server, self._output, self._memory, self._last_output = server, output, memory, b""
        self._folder = server.folder()
        self._channel, theirs = socket.socketpair()
        self._printed, end = os.pipe()
        self.fds = (self._channel.fileno(), self._printed)
        self._channel.setblocking(False)
        os.set_blocking(self._printed, False)
        self._inbox, self._unsent = Inbox(0, is_python=True), bytearray()
        with theirs:
            command = {"host": host, "target": [*target], "folder": self._folder, "memory": memory}
            confined = server.confinement(self._folder, target)
            answer = server.command({**command, **confined}, [theirs.fileno(), end])
        os.close(end)
        if answer and "error" in answer:
            found = f"found: {answer['error']}; use fewer --jobs"
            raise Exhausted(f"expected the system to start another process, {found}")
        self._pid: int | None = answer["pid"] if answer else None
        self._processes = confined["processes"]
        self.is_closed, self._has_ended = answer is None, False

    @property
    def has_unsent(self) -> bool:
        """Whether some of what was sent waits for the channel to become writable."""
        return bool(self._unsent)

    def send(self, message: bytes) -> None:
        """Send a message, as much of it as the channel takes now."""
        self._unsent += message
        self.write()

    def write(self) -> None:
        """Send more of the unsent data. If the worker has ended, reading will notice it."""
        with contextlib.suppress(OSError):
            while self._unsent:
                sent = self._channel.send(memoryview(self._unsent)[:READ_BYTES])
                del self._unsent[:sent]

    def messages(self, limit: int) -> Iterator[Message]:
        """The messages that have arrived; afterwards the worker may be closed.

        Raises BadMessage for a malformed message and for one with more than `limit` bytes of numbers.
        """
        self._read_output()
        self._inbox.limit = limit
        while not self.is_closed:
            try:
                data = self._channel.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.is_closed = not data
            message = self._inbox.feed(data)
            while message is not None:
                yield message
                message = self._inbox.feed(b"")

    def _read_output(self) -> None:
        """Read what it has printed, so that printing never blocks it."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._printed, READ_BYTES):
                self._output.take(data)
                self._last_output = (self._last_output + data)[-LAST_OUTPUT_BYTES:]

    @property
    def _last_line(self) -> str:
        """The last line that it has printed, or the last that begins with an exception: why the process ended.

        Node and Java print a stack behind the exception, and Rust a note on how to get one.
        """
        lines = [line.strip() for line in self._last_output.decode(errors="replace").split("\n")]
        told = [line for line in lines if line and not line.startswith(("note: ", "stack backtrace:"))]
        exceptions = [line for line in told if re.match(_EXCEPTION, line)]
        return printable((exceptions or told or [""])[-1][:LONGEST_MESSAGE])

    def kill(self) -> None:
        """Send SIGKILL without waiting; `end` waits."""
        if self._pid is not None and not self._has_ended:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def end(self) -> tuple[str, str]:
        """End the process and all that it has started; the kind of its failure and what happened, or empty strings.

        They are empty if the worker was ended before or the fork server is lost.
        """
        if self._has_ended:
            return "", ""
        self._has_ended = True
        self._channel.close()
        command = {"end": self._pid, "at_once": not self.is_closed}
        answer = self._server.command(command) if self._pid is not None else None
        self._read_output()
        os.close(self._printed)
        self._server.discard(self._folder)
        self.is_closed = True
        if answer is None:
            return "", ""
        if answer["exceeded"] == "processes":
            return "processes", f"it started more than {self._processes} processes"
        if answer["exceeded"] == "memory":
            return "memory", f"it uses more than {self._memory / 2**30:g} GiB of resident memory"
        printed = f"; last output: {self._last_line}" if self._last_line else ""
        return "crash", f"the process ended: {_exit_in_words(answer['code'])}{printed}"


def _exit_in_words(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # a signal without a name
        return f"killed by signal {-code}"
