"""The client of the fork server: start it, send it commands, and close it.

The fork server (harness.sandbox.processes.fork_server) is a new interpreter or, if this process is still small, a fork
of it, which saves the time to load Python and NumPy.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.model.errors import UnusableInput
from harness.sandbox.processes import ending, folders
from harness.sandbox.sources.find import PROJECT_ROOT

if TYPE_CHECKING:
    from harness.sandbox.processes.walls import Walls

STARTUP_SECONDS = 120.0  # time limit of the first answer, on a busy machine
ANSWER_SECONDS = 10.0  # time limit of every other answer; only a stopped server exceeds it
CLOSE_SECONDS = 5.0  # time limit of ending the workers and removing their folders
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
FILE_MODULES = ("harness.sandbox.host.call", "numpy.random")  # modules that a worker for a file needs
_START_SERVER = (
    "import sys; sys.path.insert(0, sys.argv[1]); from harness.sandbox.processes.fork_server import run_guardian; "
    "run_guardian(int(sys.argv[2]), sys.argv[3], sys.argv[4:])"
)


def processors() -> int:
    """The number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Server:
    """A running fork server; close it, or use it in a `with`. Raises UnusableInput if the system cannot fork."""

    pid: int  # of the guardian; all workers and the processes that they start are its descendants
    is_lost = False  # the fork server has ended, was stopped or does not answer; its workers are lost, too

    def __init__(
        self, preload: Sequence[str] = FILE_MODULES, *, by_fork: bool = False, walls: Walls | None = None
    ) -> None:
        """`preload` are the modules that its workers need, and `walls` are those around each of them. Set `by_fork`
        only if this process has a single thread and has loaded nothing that the workers must not see."""
        if not hasattr(os, "fork"):
            raise UnusableInput(
                "implementations run in forked processes: expected Linux, macOS or WSL; use one of them"
            )
        self._preload, self._walls, self._numbers = preload, walls, 0
        if by_fork:
            import numpy  # noqa: F401 - the workers share it
        self._start(by_fork=by_fork)

    def _start(self, *, by_fork: bool) -> None:
        self._folders, self._pending, self._is_replaced = 0, b"", False
        with ending.deferred():
            self.home, lock = folders.make_run_folder()
            self._locks = [lock]
            self._socket, theirs = socket.socketpair()
            with theirs:
                self.pid = self._fork(theirs) if by_fork else self._spawn(theirs)
            ending.at_end(self.close)
        self._socket.settimeout(STARTUP_SECONDS)

    def _spawn(self, theirs: socket.socket) -> int:
        command = [sys.executable, "-c", _START_SERVER]
        command += [str(PROJECT_ROOT), str(theirs.fileno()), self.home, *self._preload]
        # In a group of its own it does not receive Ctrl-C, which this process handles.
        actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
        os.set_inheritable(theirs.fileno(), True)
        return os.posix_spawn(command[0], command, os.environ | ONE_THREAD, file_actions=actions, setpgroup=0)

    def _fork(self, theirs: socket.socket) -> int:
        sys.stdout.flush()  # or the child would print buffered text again
        pid = os.fork()
        if pid == 0:
            try:
                self._socket.close()
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 0)
                os.dup2(null, 1)
                os.setpgid(0, 0)
                # Imported in the child, while this process loads other modules.
                fork_server = importlib.import_module("harness.sandbox.processes.fork_server")
                fork_server.run_guardian(theirs.detach(), self.home, self._preload)
            except BaseException:
                importlib.import_module("traceback").print_exc()
            finally:
                os._exit(1)
        return pid

    def recover(self) -> None:
        """Use another fork server after a loss; usually the guardian has started one already."""
        if not self._is_replaced:
            self.close()
            self._start(by_fork=False)
        self.is_lost = self._is_replaced = False
        self.command({"reset": True})  # a command sent before the loss may have started a worker unknown to the harness

    @property
    def has_walls(self) -> bool:
        """Whether there are walls around each worker."""
        return self._walls is not None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folder(self) -> str:
        """Create an empty working folder for a worker, and a folder for temporary files beside it. Raises OSError."""
        while True:
            self._folders += 1
            place = os.path.join(self.home, str(self._folders))
            if not os.path.isdir(self.home):  # a worker has removed or replaced it
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.home)
                os.mkdir(self.home, 0o700)
                self._locks.append(folders.lock_folder(self.home))
            if not os.access(self.home, os.W_OK | os.X_OK):
                os.chmod(self.home, 0o700)
            with contextlib.suppress(FileExistsError):  # a worker has created it
                os.mkdir(place)
                os.mkdir(os.path.join(place, "tmp"))
                os.mkdir(path := os.path.join(place, "work"))
                return path

    def discard(self, folder: str) -> None:
        """Remove the folder of an ended worker if it is empty; otherwise it is removed at the end of the run."""
        with contextlib.suppress(OSError):
            for path in (folder, os.path.join(os.path.dirname(folder), "tmp"), os.path.dirname(folder)):
                os.rmdir(path)

    def confinement(self, folder: str, target: Sequence[str]) -> dict[str, Any]:
        """What a command for a worker says of the walls around it; `target` are the arguments of its host."""
        if self._walls is None:
            return {"walls": [], "processes": math.inf}
        command = self._walls.command(self.home, os.path.dirname(folder), target)
        return {"walls": command, "processes": self._walls.processes}

    def command(self, command: Mapping[str, Any], fds: Sequence[int] = ()) -> dict[str, Any] | None:
        """Send a command with open file descriptors, and wait for the answer; None if the fork server is lost."""
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
                    self._socket.settimeout(ANSWER_SECONDS)  # the start is over
                    return answer
        self.is_lost = True
        return None

    def _line(self) -> bytes:
        while b"\n" not in self._pending:
            data = self._socket.recv(2**12)
            if not data:
                raise ConnectionError("the fork server has ended")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def close(self) -> None:
        """End the fork server, its workers and all processes that they have started, and remove the run's folder."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        deadline = time.monotonic() + CLOSE_SECONDS
        with contextlib.suppress(ChildProcessError):
            while not os.waitpid(self.pid, os.WNOHANG)[0]:
                if time.monotonic() > deadline:  # it was stopped
                    os.kill(self.pid, signal.SIGKILL)
                time.sleep(0.0005)
        self._socket.close()
        while self._locks:
            os.close(self._locks.pop())
        if os.path.lexists(self.home):
            folders.remove_tree(self.home)
        ending.forget(self.close)
