"""A worker for foreign code, seen from the harness: started, asked, watched and ended. Its other side is
harness.serve."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from pathlib import Path
from typing import Any

from harness.answers import Refusal
from harness.contract import Array
from harness.serve import running_children
from harness.server import Server
from harness.wire import BadMessage, Inbox

LONGEST_ANSWER = 2**28  # bytes
KEPT_OUTPUT = 10_000  # bytes of what a worker prints
SLICE = 0.05  # seconds between two looks at the memory

Message = tuple[dict[str, Any], list[Array]]


def too_much(memory: float) -> str:
    """What is said of a process that takes more than so many bytes."""
    return f"it takes more than {memory / 2**30:g} GiB of resident memory"


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and of those below it, where the system tells which they are."""
    import psutil

    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += running_children(one)
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(one).memory_info().rss
    return total


class Output:
    """The beginning of what a submission prints, and how many bytes it prints in all."""

    def __init__(self) -> None:
        self.kept, self.bytes = b"", 0

    def take(self, data: bytes) -> None:
        self.bytes += len(data)
        self.kept += data[: KEPT_OUTPUT - len(self.kept)]


class Worker:
    """One process with the file at `path`, working in `folder`, with `memory` bytes of resident memory at most."""

    def __init__(self, server: Server, path: Path, folder: Path, memory: int, output: Output) -> None:
        self._server, self._memory, self._output = server, memory, output
        self._channel, theirs = socket.socketpair()
        self._printed, end = os.pipe()
        os.set_blocking(self._printed, False)
        with theirs:
            command = {"fork": str(path), "folder": str(folder)}
            self._pid: int | None = server.command(command, [theirs.fileno(), end])
        os.close(end)
        self._inbox = Inbox(LONGEST_ANSWER)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._channel, selectors.EVENT_READ)
        self._selector.register(self._printed, selectors.EVENT_READ)

    def send(self, message: bytes) -> None:
        """A worker that is gone is noticed when its answer is waited for."""
        with contextlib.suppress(OSError):
            self._channel.sendall(message)

    def receive(self, seconds: float) -> Message | Refusal:
        """Its next message, or why there is none. What it prints meanwhile is taken, so that it never waits."""
        if self._pid is None:
            return Refusal("failed", "the process that should start it was stopped or killed", "crash")
        if (waiting := self._taken(b"")) is not None:  # it came with the one before
            return waiting
        now = time.monotonic()
        deadline, look = now + seconds, now + SLICE
        while True:
            ready = {key.fileobj for key, _ in self._selector.select(max(0.0, min(look, deadline) - now))}
            if self._printed in ready and not self._drain():
                self._selector.unregister(self._printed)
            if self._channel in ready:
                data = b""
                with contextlib.suppress(OSError):
                    data = self._channel.recv(2**16)
                if not data:
                    return self._ended()
                if (message := self._taken(data)) is not None:
                    return message
            now = time.monotonic()
            if now >= deadline:
                return Refusal("failed", "no answer in time", "timeout")
            if now >= look:
                if self._resident() > self._memory:
                    return Refusal("failed", too_much(self._memory), "memory")
                look = time.monotonic() + SLICE

    def _taken(self, data: bytes) -> Message | Refusal | None:
        try:
            return self._inbox.feed(data)
        except BadMessage as error:
            return Refusal("failed", f"it spoils the channel of its answers: {error}", "crash")

    def end(self) -> None:
        """End the process and all that it has started."""
        self.signal()
        self._selector.close()
        self._channel.close()
        self._exit_code()
        self._drain()
        os.close(self._printed)

    def signal(self) -> None:
        """Kill it, and its group; whoever waits for it will notice."""
        for kill in (os.killpg, os.kill):  # it is not the head of its group in its first moments
            if self._pid is not None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self._pid, signal.SIGKILL)

    def _ended(self) -> Refusal:
        code = self._exit_code()
        how = f"killed by {signal.Signals(-code).name}" if code and code < 0 else f"exit code {code}"
        return Refusal("failed", f"the process ended: {how}", "crash")

    def _exit_code(self) -> int | None:
        """Wait for its end, and let the server end what it has left running; nothing the second time."""
        pid, self._pid = self._pid, None
        code: int | None = self._server.command({"wait": pid}, []) if pid is not None else None
        return code

    def _drain(self) -> bool:
        """Take what it has printed; whether there may be more."""
        try:
            data = os.read(self._printed, 2**16)
        except BlockingIOError:
            return True
        self._output.take(data)
        return bool(data)

    def _resident(self) -> int:
        """Bytes of resident memory, of the process and of all that have come from it."""
        import psutil

        total = 0
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self._server.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += one.memory_info().rss
        return total
