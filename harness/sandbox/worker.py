"""One worker process, seen from the harness: started, written to, listened to and ended. It never waits for the worker.
Its other side is harness.sandbox.host.child."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator

from harness.errors import UnusableInput
from harness.sandbox.answers import LONGEST_MESSAGE, printable
from harness.sandbox.messages import Inbox, Message
from harness.sandbox.processes.server import Server

KEPT_OUTPUT = 10_000  # bytes of what an implementation prints, the first ones
LAST_WORDS = 4096  # bytes, the last ones
READ = 2**16  # bytes at a time


class Output:
    """The beginning of what an implementation prints, and how many bytes it is in all."""

    def __init__(self) -> None:
        self.kept, self.bytes = b"", 0

    def take(self, data: bytes) -> None:
        self.bytes += len(data)
        self.kept += data[: KEPT_OUTPUT - len(self.kept)]


class Worker:
    """A process for one implementation, or none where it cannot be started: then it is closed at once."""

    def __init__(self, server: Server, side: str, target: str, memory: float, output: Output) -> None:
        self._server, self._output, self._memory, self._said = server, output, memory, b""
        self._folder = server.folder()
        self._channel, theirs = socket.socketpair()
        self._printed, end = os.pipe()
        self.fds = (self._channel.fileno(), self._printed)
        self._channel.setblocking(False)
        os.set_blocking(self._printed, False)
        self._inbox, self._unsent = Inbox(0), bytearray()
        with theirs:
            command = {"side": side, "target": target, "folder": self._folder, "memory": memory}
            answer = server.command(command, [theirs.fileno(), end])
        os.close(end)
        if answer and "error" in answer:
            found = f"found: {answer['error']}; use fewer --jobs"
            raise UnusableInput(f"expected the system to start another process, {found}")
        self._pid: int | None = answer["pid"] if answer else None
        self.is_closed, self._has_ended = answer is None, False

    @property
    def has_unsent(self) -> bool:
        """Whether more of what was sent will go when there is room."""
        return bool(self._unsent)

    def send(self, message: bytes) -> None:
        """A message, as much of it as there is room for."""
        self._unsent += message
        self.write()

    def write(self) -> None:
        """Send on. That a worker is gone is noticed when it is read from."""
        with contextlib.suppress(OSError):
            while self._unsent:
                sent = self._channel.send(memoryview(self._unsent)[:READ])
                del self._unsent[:sent]

    def messages(self, limit: int) -> Iterator[Message]:
        """What has come, each message with so many bytes of numbers at most; then it may be closed. Raises
        BadMessage."""
        self._listen()
        self._inbox.limit = limit
        while not self.is_closed:
            try:
                data = self._channel.recv(READ)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.is_closed = not data
            message = self._inbox.feed(data)
            while message is not None:
                yield message
                message = self._inbox.feed(b"")

    def _listen(self) -> None:
        """Take what it has printed, so that it never waits."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._printed, READ):
                self._output.take(data)
                self._said = (self._said + data)[-LAST_WORDS:]

    @property
    def _last_words(self) -> str:
        """The last line that it has printed: libraries say there why they end the process."""
        lines = self._said.decode(errors="replace").split("\n")
        return printable(next((line.strip() for line in reversed(lines) if line.strip()), "")[:LONGEST_MESSAGE])

    def kill(self) -> None:
        """Have it end while others are ended; `end` waits for it."""
        if self._pid is not None and not self._has_ended:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def end(self) -> tuple[str, str]:
        """End the process and all that it has started; the kind of failure and the words for how it had ended, empty
        where nobody can say."""
        if self._has_ended:
            return "", ""
        self._has_ended = True
        self._channel.close()
        command = {"end": self._pid, "at_once": not self.is_closed}
        answer = self._server.command(command) if self._pid is not None else None
        self._listen()
        os.close(self._printed)
        self._server.discard(self._folder)
        self.is_closed = True
        if answer is None:
            return "", ""
        if answer["is_too_large"]:
            return "memory", f"it takes more than {self._memory / 2**30:g} GiB of resident memory"
        words = f", after the words: {self._last_words}" if self._last_words else ""
        return "crash", f"the process ended: {_how(answer['code'])}{words}"


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # one of those that have a number alone
        return f"killed by signal {-code}"
