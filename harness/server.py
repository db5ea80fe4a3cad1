"""The small process that has loaded what workers need, and forks them. Its other side is harness.serve, which keeps
foreign code from the truth, or harness.forker, which starts the workers of every other command.

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
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput

LOADING = 120.0  # seconds in which it is loaded and answers for the first time, on a busy machine
ANSWERS = 10.0  # seconds in which it answers a command, if nobody has stopped it
ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
_SERVE = (
    "import importlib, sys; sys.path.insert(0, sys.argv[1]); "
    "importlib.import_module(sys.argv[2]).main(int(sys.argv[3]))"
)


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Server:
    """Close it, or use it in a `with`. Raises UnusableInput where the system cannot fork."""

    pid: int  # its process; the workers and all that they start are below it
    is_lost = False  # whether it was found gone, or gave no answer

    def __init__(self, side: str = "harness.serve", *, by_fork: bool = False) -> None:
        """`side` is the module of its other side. `by_fork` is for a process that has one thread, and nothing in it yet
        that the workers should not see."""
        if not hasattr(os, "fork"):
            raise UnusableInput(
                "the harness keeps implementations apart with fork: expected Linux, macOS or WSL; run it there"
            )
        self._side = side
        self._start(by_fork=by_fork)

    def _start(self, *, by_fork: bool) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.pid = _forked(self._side, theirs, self._socket) if by_fork else _spawned(self._side, theirs)
        self._socket.settimeout(LOADING)

    def restart(self) -> None:
        """Start another in place of one that is lost: an interpreter of its own, whatever this process has become."""
        self.close()
        self._start(by_fork=False)
        self.is_lost = False

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def command(self, command: Mapping[str, Any], fds: list[int]) -> Any:
        """Send a command with open files, and wait for the answer; None where the server is gone, or is ended because
        it does not answer."""
        with contextlib.suppress(OSError, ValueError):
            socket.send_fds(self._socket, [json.dumps(command).encode()], fds)
            answer = json.loads(self._socket.recv(64))
            self._socket.settimeout(ANSWERS)  # it is loaded
            return answer
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it is gone, or stopped; its workers end with it
        self.is_lost = True
        return None

    def close(self) -> None:
        """End it, and with it all that its workers have left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self._socket.close()


def _spawned(side: str, theirs: socket.socket) -> int:
    command = [sys.executable, "-c", _SERVE, str(ROOT), side, str(theirs.fileno())]
    # A group of its own does not hear of Ctrl-C, which is this process's affair.
    actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
    os.set_inheritable(theirs.fileno(), True)
    return os.posix_spawn(command[0], command, os.environ | ONE_THREAD, file_actions=actions, setpgroup=0)


def _forked(side: str, theirs: socket.socket, ours: socket.socket) -> int:
    other = importlib.import_module(side)  # before the fork: numpy is what is to be shared
    sys.stdout.flush()  # or the copy would print it again
    if pid := os.fork():
        return pid
    try:
        ours.close()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        other.main(theirs.detach())
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(1)
