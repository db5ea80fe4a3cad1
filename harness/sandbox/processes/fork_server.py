"""The processes that start workers: a guardian, and below it a server that forks a worker whenever it is asked to.

The server reads commands from its socket, a line of JSON each, answered by a line with the same number: `fork` starts a
worker, with a channel and a pipe for its output; `end` ends one, and all that it has started. It looks at the memory
of its workers and ends those that take too much. Where the server is killed or stopped, the guardian ends whatever was
below it, starts another, and says so on the socket. When the harness is gone, it removes the folder of the run.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from harness.sandbox.processes import folders
from harness.sandbox.processes.ending import SIGNALS
from harness.sandbox.processes.process_tree import (
    CHILD_SUBREAPER,
    PARENT_DEATH_SIGNAL,
    control,
    end_children,
    kill_group,
    resident,
)

COMMAND = 2**16  # bytes of a command, at most
LOOK = 0.05  # seconds between two looks at the memory of the workers
GRACE = 0.5  # seconds in which a worker whose channel is closed may end by itself
LITTLE = 100_000  # objects between two looks for garbage: code of many small numbers would spend its time on them
_MOST_FILES = 2**16


def guard(fd: int, home: str, preload: Collection[str]) -> None:
    """Be the guardian, until the other end of the socket is closed. Does not return."""
    settle_in()
    gc.set_threshold(LITTLE)
    for name in preload:
        importlib.import_module(name)
    lock, commands = folders.locked(home), socket.socket(fileno=fd)
    server = _server(commands)
    folders.sweep()
    while not _has_ended_well(server):
        end_children()
        with contextlib.suppress(OSError):  # before anything that the next one says
            commands.send(b'{"lost": true}\n')
        server = _server(commands)
    end_children()
    os.close(lock)
    folders.remove(home)
    os._exit(0)  # at once: there is nothing to tidy


def _server(commands: socket.socket) -> int:
    pid = os.fork()
    if pid == 0:
        settle_in()
        server = Forker(commands)
        # Where the guardian is killed there is still this process to end what is below it.
        signal.signal(signal.SIGUSR1, lambda *_: server.close())
        control(PARENT_DEATH_SIGNAL, signal.SIGUSR1)
        server.serve()
    return pid


def settle_in() -> None:
    """Take in what workers leave behind, and leave signals to the harness."""
    control(CHILD_SUBREAPER, 1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def settle_worker(*keep: int) -> None:
    """In a worker: a group of its own, which ends with the server, keeps below it what it starts, and has no other
    open files than these."""
    os.setsid()
    control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    control(CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGHUP):  # Ctrl-C stays the harness's affair
        signal.signal(number, signal.SIG_DFL)
    for first, last in pairwise((2, *sorted(keep), _MOST_FILES)):
        os.closerange(first + 1, last)


def _has_ended_well(server: int) -> bool:
    """Wait for the server; whether it ended as it should. One that is stopped is killed."""
    while True:
        pid, status = os.waitpid(-1, os.WUNTRACED)
        if pid == server and os.WIFSTOPPED(status):
            os.kill(server, signal.SIGKILL)
        elif pid == server:
            return status == 0


@dataclass
class _Child:
    """A worker: the bytes that it may take, and whether it was ended because it took more."""

    memory: float
    is_too_large: bool = False


class Forker:
    """The server: it forks workers as it is told."""

    def __init__(self, commands: socket.socket) -> None:
        self._commands = commands
        self._children: dict[int, _Child] = {}
        self._pending, self._fds = b"", list[int]()  # of commands that came together
        self._next_look = 0.0

    def serve(self) -> None:
        """Serve until the other end of the socket is closed. Does not return."""
        while self._hears():
            *lines, self._pending = self._pending.split(b"\n")
            for line in lines:
                command = json.loads(line)
                number = command.pop("number")
                answer = self._answer(command)
                with contextlib.suppress(OSError):
                    self._commands.send(json.dumps({"number": number} | answer).encode() + b"\n")
        self.close()

    def close(self) -> None:
        """End all workers. Does not return."""
        for pid in self._children:
            kill_group(pid)
        end_children()
        os._exit(0)

    def _answer(self, command: dict[str, Any]) -> dict[str, Any]:
        if "target" in command:
            return self._forked(**command)
        if "end" in command:
            return self._end(**command)
        for pid in [*self._children]:
            self._end(pid, at_once=True)
        return {}

    def _hears(self) -> bool:
        """Wait for more of a command, with an eye on the memory of the workers; whether there will be any."""
        while not select.select([self._commands], [], [], LOOK if self._children else None)[0]:
            self._look_at_memory()
        self._look_at_memory()
        data, fds, _, _ = socket.recv_fds(self._commands, COMMAND, 8)
        self._pending += data
        self._fds += fds
        return bool(data)

    def _look_at_memory(self) -> None:
        """End the workers that take too much, at a look now and then."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK
        for pid, child in self._children.items():
            if not child.is_too_large and resident(pid) > child.memory:
                child.is_too_large = True
                kill_group(pid)

    def _forked(self, memory: float, **target: str) -> dict[str, Any]:
        channel, output, *self._fds = self._fds
        try:
            pid = os.fork()
            if pid == 0:
                self._commands.detach()
                importlib.import_module("harness.sandbox.host.child").work(**target, channel=channel, output=output)
        except OSError as error:
            return {"error": error.strerror}
        finally:
            os.close(channel)
            os.close(output)
        self._children[pid] = _Child(memory)
        return {"pid": pid}

    def _end(self, end: int, *, at_once: bool) -> dict[str, Any]:
        """How a worker has ended, or is ended: at once, or where its channel is closed in a moment."""
        pid, code = end, None
        deadline = time.monotonic() + (0.0 if at_once else GRACE)
        with contextlib.suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    code = os.waitstatus_to_exitcode(status)
                    break
                if time.monotonic() > deadline:
                    kill_group(pid)
                self._look_at_memory()
                time.sleep(0.0005)
        child = self._children.pop(pid, _Child(0))
        end_children(but=self._children)
        return {"code": code, "is_too_large": child.is_too_large}
