"""The small process that forks workers, seen from the harness; its other side is harness.sandbox.processes.fork_server.

It is an interpreter of its own, unless this process is itself still small: then a fork of it saves the loading.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput
from harness.sandbox.processes import ending, folders

LOADING = 120.0  # seconds in which it is loaded and answers for the first time, on a busy machine
ANSWERS = 10.0  # seconds in which it answers a command, if nobody has stopped it
TIDYING = 5.0  # seconds in which it ends what is left of the workers, and removes their folders
ROOT = Path(__file__).resolve().parents[3]
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
FILES = ("harness.sandbox.host.call", "numpy.random")  # what the worker of a file needs
_SERVE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from harness.sandbox.processes.fork_server import guard; "
    "guard(int(sys.argv[2]), sys.argv[3], sys.argv[4:])"
)


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Server:
    """Close it, or use it in a `with`. Raises UnusableInput where the system cannot fork."""

    pid: int  # its process; the workers and all that they start are below it
    is_lost = False  # whether it was found gone, stopped or silent, and its workers with it

    def __init__(self, preload: Sequence[str] = FILES, *, by_fork: bool = False) -> None:
        """`preload` are the modules that its workers need. `by_fork` is for a process that has one thread, and nothing
        in it yet that the workers should not see."""
        if not hasattr(os, "fork"):
            raise UnusableInput("implementations run in processes that are forked: expected Linux, macOS or WSL")
        self._preload, self._numbers = preload, 0
        if by_fork:
            import numpy  # noqa: F401 - it is what is to be shared
        self._start(by_fork=by_fork)

    def _start(self, *, by_fork: bool) -> None:
        self._folders, self._pending, self._is_replaced = 0, b"", False
        with ending.deferred():
            self.home, lock = folders.make()
            self._locks = [lock]
            self._socket, theirs = socket.socketpair()
            with theirs:
                self.pid = self._forked(theirs) if by_fork else self._spawned(theirs)
            ending.at_end(self.close)
        self._socket.settimeout(LOADING)

    def _spawned(self, theirs: socket.socket) -> int:
        command = [sys.executable, "-c", _SERVE, str(ROOT), str(theirs.fileno()), self.home, *self._preload]
        # A group of its own does not hear of Ctrl-C, which is this process's affair.
        actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
        os.set_inheritable(theirs.fileno(), True)
        return os.posix_spawn(command[0], command, os.environ | ONE_THREAD, file_actions=actions, setpgroup=0)

    def _forked(self, theirs: socket.socket) -> int:
        sys.stdout.flush()  # or the copy would print it again
        pid = os.fork()
        if pid == 0:
            try:
                self._socket.close()
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 0)
                os.dup2(null, 1)
                os.setpgid(0, 0)
                # There and not here: this process has other things to load meanwhile.
                importlib.import_module("harness.sandbox.processes.fork_server").guard(
                    theirs.detach(), self.home, self._preload
                )
            except BaseException:
                importlib.import_module("traceback").print_exc()
            finally:
                os._exit(1)
        return pid

    def recover(self) -> None:
        """After a loss, have another one; most often there is one already."""
        if not self._is_replaced:
            self.close()
            self._start(by_fork=False)
        self.is_lost = self._is_replaced = False
        self.command({"reset": True})  # a command from before the loss may have started a worker that nobody knows

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folder(self) -> str:
        """A new, empty folder for a worker, beside one for what libraries leave. Raises OSError."""
        while True:
            self._folders += 1
            place = os.path.join(self.home, str(self._folders))
            if not os.path.isdir(self.home):  # a worker has removed it, or put something in its place
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.home)
                os.mkdir(self.home, 0o700)
                self._locks.append(folders.locked(self.home))
            if not os.access(self.home, os.W_OK | os.X_OK):
                os.chmod(self.home, 0o700)
            with contextlib.suppress(FileExistsError):  # a worker has put it there
                os.mkdir(place)
                os.mkdir(os.path.join(place, "tmp"))
                os.mkdir(path := os.path.join(place, "work"))
                return path

    def discard(self, folder: str) -> None:
        """Remove the folder of a worker that has ended, if it is empty: what is in it goes with the run."""
        with contextlib.suppress(OSError):
            for path in (folder, os.path.join(os.path.dirname(folder), "tmp"), os.path.dirname(folder)):
                os.rmdir(path)

    def command(self, command: Mapping[str, Any], fds: Sequence[int] = ()) -> dict[str, Any] | None:
        """Send a command with open files, and wait for the answer; None where the server is lost."""
        self._numbers += 1
        line = json.dumps({**command, "number": self._numbers}).encode() + b"\n"
        with contextlib.suppress(OSError, ValueError):
            socket.send_fds(self._socket, [line], list(fds))
            while True:
                answer: dict[str, Any] = json.loads(self._line())
                if "lost" in answer:
                    self.is_lost = self._is_replaced = True
                    return None
                if answer["number"] == self._numbers:
                    self._socket.settimeout(ANSWERS)  # it is loaded
                    return answer
        self.is_lost = True
        return None

    def _line(self) -> bytes:
        while b"\n" not in self._pending:
            data = self._socket.recv(2**12)
            if not data:
                raise ConnectionError("it is gone")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def close(self) -> None:
        """End it, and with it all that its workers have left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + TIDYING
        with contextlib.suppress(ChildProcessError):
            while not os.waitpid(self.pid, os.WNOHANG)[0]:
                if time.monotonic() > deadline:  # somebody has stopped it
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.0005)
        self._socket.close()
        while self._locks:
            os.close(self._locks.pop())
        if os.path.lexists(self.home):
            folders.remove(self.home)
        ending.forget(self.close)
