"""A program that speaks the protocol of docs/protocol.md, on its standard input and output.

This runs in a worker process, of which the program is a child: what limits and ends the worker limits and ends it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from harness.sandbox.answers import Fault
from harness.sandbox.host.progress import report
from harness.sandbox.wire.lines import BadContent, BadMessage, Inbox, Message, pack

CHUNK_BYTES = 2**16
REPORT_SECONDS = 0.1  # between two reports of what has come of an answer


class Program:
    """A running program. It is asked one message at a time. Raises Fault if it cannot be started.

    `is_lost` says that an answer was malformed, so that a later one may belong to an earlier request.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.form, self.is_lost = "data", False
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Fault("start", f"{command[0]} cannot be started: {reason}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._inbox, self._unsent = Inbox(0), memoryview(b"")
        self._reported, self._next_report = "", 0.0

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def ask(self, message: Mapping[str, Any], longest: int, longest_line: int) -> Message:
        """The answer to a message, with `longest` bytes of numbers after its line of `longest_line` bytes at most.

        Raises BadMessage. If the program ends instead, this process ends in the same way.
        """
        self._inbox.limit, self._inbox.longest_line = longest, longest_line
        try:
            # It may have answered before it had read all of the last message.
            self._unsent = memoryview(bytes(self._unsent) + pack(message, self.form))
            return self._answer()
        except BadMessage as error:
            self.is_lost = not isinstance(error, BadContent)
            raise

    def _answer(self) -> Message:
        """Write and read at once: a program may answer before it has read everything."""
        if (early := self._inbox.feed(b"")) is not None:  # the id that it lacks tells what it is
            return early
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_WRITE)
            while True:
                ready = selector.select(REPORT_SECONDS)
                if not ready and self._process.poll() is not None:  # a fork of it may hold its output open
                    self._end_alike()
                for key, _ in ready:
                    if key.fd == self._output:
                        if (answer := self._read()) is not None:
                            return answer
                        continue
                    self._write()
                    if not self._unsent:
                        selector.unregister(self._input)
                if time.monotonic() >= self._next_report:
                    self._report(self._inbox.unfinished)

    def _read(self) -> Message | None:
        data = os.read(self._output, CHUNK_BYTES)
        if not data:
            self._end_alike()
        return self._inbox.feed(data)

    def _write(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._input, self._unsent[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return
        except OSError:  # it no longer reads; its output says whether it has ended
            self._unsent = memoryview(b"")

    def _report(self, came: str) -> None:
        """Report what has come of an answer, if it is not what was reported last."""
        if came != self._reported:
            self._reported, self._next_report = came, time.monotonic() + REPORT_SECONDS
            report(came)

    def _end_alike(self) -> NoReturn:
        """End this process as the program has ended: the harness reports how, with the last line that was printed."""
        try:
            code = self._process.wait(REPORT_SECONDS)
        except subprocess.TimeoutExpired:
            self._report("its standard output is closed")
            code = self._process.wait()
        if came := self._inbox.unfinished:
            os.write(2, f"\n{came}\n".encode())
        if code < 0:
            if -code != signal.SIGKILL:  # which has no handler
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)
