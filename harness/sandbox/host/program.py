"""A program that speaks the protocol of docs/protocol.md, on its standard input and output.

This runs in a worker process, of which the program is a child: what limits and ends the worker limits and ends it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from harness.sandbox.answers import Fault
from harness.sandbox.wire.lines import BadContent, BadMessage, Inbox, Message, pack

CHUNK_BYTES = 2**16


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
        self._inbox = Inbox(0)

    def ask(self, message: Mapping[str, Any], longest: int, longest_line: int) -> Message:
        """The answer to a message, with `longest` bytes of numbers after its line of `longest_line` bytes at most.

        Raises BadMessage. If the program ends instead, this process ends in the same way.
        """
        self._inbox.limit, self._inbox.longest_line = longest, longest_line
        try:
            return self._answer_to(memoryview(pack(message, self.form)))
        except BadMessage as error:
            self.is_lost = not isinstance(error, BadContent)
            raise

    def _answer_to(self, unsent: memoryview) -> Message:
        """Write and read at once: a program may answer before it has read everything."""
        if (early := self._inbox.feed(b"")) is not None:  # the id that it lacks tells what it is
            return early
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._input, selectors.EVENT_WRITE)
            while True:
                for key, _ in selector.select():
                    if key.fd == self._output:
                        if (answer := self._read()) is not None:
                            return answer
                        continue
                    unsent = self._write(unsent)
                    if not unsent:
                        selector.unregister(self._input)

    def _read(self) -> Message | None:
        data = os.read(self._output, CHUNK_BYTES)
        if not data:
            self._end_alike()
        return self._inbox.feed(data)

    def _write(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._input, unsent[:CHUNK_BYTES]) :]
        except BlockingIOError:
            return unsent
        except OSError:  # it no longer reads; its output says whether it has ended
            return unsent[len(unsent) :]

    def _end_alike(self) -> NoReturn:
        """End this process as the program has ended: the harness reports how, with the last line that was printed."""
        code = self._process.wait()
        if self._inbox.has_unread:
            os.write(2, f"\nunfinished line: {self._inbox.unread}\n".encode())
        if code < 0:
            if -code != signal.SIGKILL:  # which has no handler
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        os._exit(code)
