"""The small process that has numpy loaded and forks the workers for foreign code. Its other side is harness.serve.

It is an interpreter of its own, unless this process is itself still small: then a fork of it saves the loading.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput

ANSWERS = 10.0  # seconds in which it answers a command, if nobody has stopped it
ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from harness.serve import main; main(int(sys.argv[2]))"


class Server:
    """Close it, or use it in a `with`. Raises UnusableInput where the system cannot fork."""

    pid: int  # its process; the workers and all that they start are below it

    def __init__(self, *, by_fork: bool = False) -> None:
        """`by_fork` is for a process that has no truth in it yet, and one thread."""
        if not hasattr(os, "fork"):
            raise UnusableInput(
                "a check keeps foreign code apart with fork: expected Linux, macOS or WSL; run it there"
            )
        self._socket, theirs = socket.socketpair()
        with theirs:
            self.pid = _forked(theirs, self._socket) if by_fork else _spawned(theirs)
        self._socket.settimeout(ANSWERS)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def command(self, command: Mapping[str, Any], fds: list[int]) -> Any:
        """Send a command with open files, and wait for the answer; None where the server is gone, or is ended because
        it does not answer."""
        with contextlib.suppress(OSError, ValueError):
            socket.send_fds(self._socket, [json.dumps(command).encode()], fds)
            return json.loads(self._socket.recv(64))
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it is gone, or stopped; its workers end with it
        return None

    def close(self) -> None:
        """End it, and with it all that its workers have left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        self._socket.close()


def _spawned(theirs: socket.socket) -> int:
    command = [sys.executable, "-c", _SERVE, str(ROOT), str(theirs.fileno())]
    actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
    os.set_inheritable(theirs.fileno(), True)
    return os.posix_spawn(command[0], command, os.environ | ONE_THREAD, file_actions=actions)


def _forked(theirs: socket.socket, ours: socket.socket) -> int:
    from harness import serve  # before the fork: numpy is what is to be shared

    if pid := os.fork():
        return pid
    try:
        ours.close()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        serve.main(theirs.detach())
    finally:
        os._exit(1)
