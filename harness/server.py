"""The small process that has numpy loaded and forks the workers for foreign code. Its other side is harness.serve.

Nothing here imports numpy: a check starts it first, and both load what they need at the same time.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UnusableInput

ANSWERS = 10.0  # seconds in which it answers a command, if nobody has stopped it
ROOT = Path(__file__).resolve().parent.parent
_ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from harness.serve import main; main(int(sys.argv[2]))"


class Server:
    """Close it, or use it in a `with`. Raises UnusableInput where the system cannot fork."""

    def __init__(self) -> None:
        if not hasattr(os, "fork"):
            raise UnusableInput(
                "a check keeps foreign code apart with fork: expected Linux, macOS or WSL; run it there"
            )
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(ROOT), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | _ONE_THREAD,
            )
        self._socket.settimeout(ANSWERS)

    @property
    def pid(self) -> int:
        """Its process; the workers and all that they start are below it."""
        return self._process.pid

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
        self._process.kill()  # it is gone, or stopped; its workers end with it
        return None

    def close(self) -> None:
        """End it, and with it all that its workers have left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._socket.close()
