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

ROOT = Path(__file__).resolve().parent.parent
_ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from harness.serve import main; main(int(sys.argv[2]))"


class Server:
    """Close it, or use it in a `with`."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, str(ROOT), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | _ONE_THREAD,
            )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def command(self, command: Mapping[str, Any], fds: list[int]) -> Any:
        """Send a command with open files, and wait for the answer; None where the server is gone."""
        with contextlib.suppress(OSError):
            socket.send_fds(self._socket, [json.dumps(command).encode()], fds)
            return json.loads(self._socket.recv(64) or b"null")

    def close(self) -> None:
        """End it, and with it all that its workers have left."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        self._socket.close()
