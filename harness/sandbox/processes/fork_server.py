"""The processes that start workers: a guardian, and as its child a server that forks workers on request.

The server reads commands from its socket, one line of JSON each, and answers each with a line of the same number. A
command with `target` starts a worker, with a channel and a pipe for its output; one with `end` ends a worker and all
processes that it has started; one with `reset` ends all workers. The server also kills workers that use too much memory
or start too many processes. If the server is killed or stopped, the guardian ends its descendants, starts another
server, and reports the loss on the socket. When the harness ends, the guardian removes the folder of the run.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import math
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
from harness.sandbox.processes.joining import MAX_FILES
from harness.sandbox.processes.process_tree import (
    CHILD_SUBREAPER,
    PARENT_DEATH_SIGNAL,
    control,
    end_children,
    kill_group,
    resident,
    usage,
)

MAX_COMMAND_BYTES = 2**16
CHECK_SECONDS = 0.05  # seconds between two checks of the workers' memory and number of processes
WORKER_EXIT_SECONDS = 0.5  # a worker whose channel is closed has so many seconds to exit before it is killed
_GC_THRESHOLD = 100_000  # objects between garbage collections; code with many small numbers would wait for these


def run_guardian(fd: int, home: str, preload: Collection[str]) -> None:
    """Be the guardian until the other end of the socket is closed. Does not return.

    `fd` is the socket for commands, `home` the folder of the run, `preload` are modules to import before any fork.
    """
    become_daemon()
    gc.set_threshold(_GC_THRESHOLD)
    for name in preload:
        importlib.import_module(name)
    try:
        lock, commands = folders.lock_folder(home), socket.socket(fileno=fd)
    except FileNotFoundError:  # the harness was killed, and another run has removed its folder
        os._exit(0)
    server = _fork_server(commands)
    folders.remove_abandoned_folders()
    while not _has_ended_well(server):
        end_children()
        with contextlib.suppress(OSError):  # before the next server can answer anything
            commands.send(b'{"lost": true}\n')
        server = _fork_server(commands)
    end_children()
    os.close(lock)
    folders.remove_tree(home)
    os._exit(0)  # without the interpreter's clean-up, which is slow


def _fork_server(commands: socket.socket) -> int:
    pid = os.fork()
    if pid == 0:
        become_daemon()
        server = ForkServer(commands)
        # If the guardian is killed, this process still ends its own descendants.
        signal.signal(signal.SIGUSR1, lambda *_: server.close())
        control(PARENT_DEATH_SIGNAL, signal.SIGUSR1)
        server.serve()
    return pid


def become_daemon() -> None:
    """Become the parent of orphaned descendants, and ignore signals, which the harness handles."""
    control(CHILD_SUBREAPER, 1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def settle_worker(*keep: int) -> None:
    """Set up a worker process: its own group, killed with the server, parent of its orphaned descendants.

    All file descriptors above 2 are closed, except `keep`.
    """
    os.setsid()
    control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    control(CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGHUP):  # the harness handles Ctrl-C
        signal.signal(number, signal.SIG_DFL)
    for first, last in pairwise((2, *sorted(keep), MAX_FILES)):
        os.closerange(first + 1, last)


def _has_ended_well(server: int) -> bool:
    """Wait for the server to end; whether its exit status is 0. A stopped server is killed."""
    while True:
        pid, status = os.waitpid(-1, os.WUNTRACED)
        if pid == server and os.WIFSTOPPED(status):
            os.kill(server, signal.SIGKILL)
        elif pid == server:
            return status == 0


@dataclass
class _Child:
    """A worker: its limits of resident memory in bytes and of processes, and the one for which it was killed.

    Where the number of processes is limited, the worker is in walls, and its first process waits outside.
    """

    memory: float
    processes: float = math.inf
    exceeded: str = ""

    def exceeds(self, pid: int) -> str:
        """The limit that its processes exceed; empty if there is none."""
        count, memory = usage(pid, self.processes)
        if count > self.processes:
            return "processes"
        if self.processes == math.inf:
            memory += resident(pid)
        return "memory" if memory > self.memory else ""


class ForkServer:
    """Forks, watches and ends workers, as commands from the socket say."""

    def __init__(self, commands: socket.socket) -> None:
        self._commands = commands
        self._children: dict[int, _Child] = {}
        self._pending, self._fds = b"", list[int]()  # received with commands that are not handled yet
        self._next_check = 0.0

    def serve(self) -> None:
        """Handle commands until the other end of the socket is closed. Does not return."""
        while self._receive():
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
            return self._fork(**command)
        if "end" in command:
            return self._end(**command)
        for pid in [*self._children]:
            self._end(pid, at_once=True)
        return {}

    def _receive(self) -> bool:
        """Wait for more of a command, and check the workers meanwhile; False if the socket is closed."""
        while not select.select([self._commands], [], [], CHECK_SECONDS if self._children else None)[0]:
            self._check_usage()
        self._check_usage()
        try:
            data, fds, _, _ = socket.recv_fds(self._commands, MAX_COMMAND_BYTES, 8)
        except ConnectionResetError:  # the harness was killed before it had read an answer
            return False
        self._pending += data
        self._fds += fds
        return bool(data)

    def _check_usage(self) -> None:
        """Kill the workers that exceed a limit; at most one check in CHECK_SECONDS."""
        if time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + CHECK_SECONDS
        for pid, child in self._children.items():
            if not child.exceeded and (exceeded := child.exceeds(pid)):
                child.exceeded = exceeded
                kill_group(pid)

    def _fork(self, memory: float, processes: float, **arguments: Any) -> dict[str, Any]:
        """Fork a worker with these limits and arguments of run_worker; its pid, or the error."""
        channel, output, *self._fds = self._fds
        try:
            pid = os.fork()
            if pid == 0:
                self._commands.detach()
                child = importlib.import_module("harness.sandbox.host.child")
                child.run_worker(**arguments, channel=channel, output=output)
        except OSError as error:
            return {"error": error.strerror}
        finally:
            os.close(channel)
            os.close(output)
        self._children[pid] = _Child(memory, processes)
        return {"pid": pid}

    def _end(self, end: int, *, at_once: bool) -> dict[str, Any]:
        """End a worker and report its exit code; it is killed at once, or after WORKER_EXIT_SECONDS."""
        pid, code = end, None
        deadline = time.monotonic() + (0.0 if at_once else WORKER_EXIT_SECONDS)
        with contextlib.suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    code = os.waitstatus_to_exitcode(status)
                    break
                if time.monotonic() > deadline:
                    kill_group(pid)
                self._check_usage()
                time.sleep(0.0005)
        child = self._children.pop(pid, _Child(math.inf))
        end_children(but=self._children)
        return {"code": code, "exceeded": child.exceeded}
