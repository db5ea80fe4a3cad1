"""The other side of harness.apart: a small process that has numpy loaded and forks, for foreign code, a worker at a
time; and what such a worker does. It holds no truth and no case's name.

The server reads commands from its socket: `fork`, with a channel and a pipe for output, and `wait`, which answers with
the worker's exit code after all that it left running is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

from harness.activations import ACTIVATIONS
from harness.answers import STALE, Answer, Refusal, ask, describe
from harness.contract import Inputs, Layer, Network
from harness.costs import COSTS
from harness.discover import Functions, Implementation, load
from harness.surroundings import snapshot
from harness.wire import Inbox, pack

COMMAND = 4096  # bytes of a command, at most
_NO_LIMIT = 2**62  # what the harness itself sends is trusted
# prctl(2): signal the child when its parent dies; take in the orphans of one's children.
_PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36


def main(fd: int) -> None:
    """Serve until the other end of the socket is closed. Does not return."""
    _control(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    _control(_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the harness's affair
    with socket.socket(fileno=fd) as commands:
        while True:
            message, fds, _, _ = socket.recv_fds(commands, COMMAND, 2)
            if not message:
                break
            command = json.loads(message)
            if "fork" in command:
                pid = os.fork()
                if pid == 0:
                    commands.close()
                    _work(Path(command["fork"]), command["folder"], *fds)
                for one in fds:
                    os.close(one)
                commands.send(json.dumps(pid).encode())
            else:
                _, status = os.waitpid(command["wait"], 0)
                _end_strays()
                commands.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
    _end_strays()
    os._exit(0)  # at once: there is nothing to tidy


def _control(option: int, value: int) -> None:
    """prctl, where there is such a thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def _end_strays() -> None:
    """End the processes that a worker left behind: orphans come to the server, and those of theirs after them."""
    while children := _running_children(os.getpid()):
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _running_children(pid: int, known: int = 0) -> list[int]:
    """The children of a process, without one that is known and those that have ended; none where the system does not
    say."""
    with contextlib.suppress(OSError):
        ids = [int(child) for part in Path(f"/proc/{pid}/task").iterdir() for child in _words(part / "children")]
        others = [child for child in ids if child != known]
        return [child for child in others if (_words(Path(f"/proc/{child}/stat")) or "Z")[2:3] != ["Z"]]
    return []


def _words(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace").split()
    return []


def _work(path: Path, folder: str, channel_fd: int, output_fd: int) -> None:
    """The worker: load the file, then answer what is asked, until the channel closes. Does not return."""
    server = os.getppid()
    os.setsid()  # a group of its own, to be ended with all that it starts
    _control(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.chdir(folder)
    os.environ["TMPDIR"] = str(Path(folder).parent / "tmp")
    sys.argv, sys.dont_write_bytecode = [str(path)], True
    warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
    with socket.socket(fileno=channel_fd) as channel:
        functions, header = _loaded(path)
        channel.sendall(pack(header))
        inbox, me, surroundings = Inbox(_NO_LIMIT), os.getpid(), snapshot()
        while data := channel.recv(2**20):
            message = inbox.feed(data)
            if message is None or functions is None:
                continue
            header, inputs = message[0], _inputs(*message)
            for name in header["functions"]:
                answer = ask(name, functions, path, inputs, header["learning_rate"], surroundings)
                if os.getpid() != me:
                    os._exit(0)  # a copy of this process, left by code that forked
                if answer.refusal is None and (_running_children(me) or _running_children(server, known=me)):
                    answer = Answer(refusal=Refusal("failed", "it left a process running", "processes"))
                channel.sendall(_packed(answer))
                if answer.refusal is not None and answer.refusal.kind in STALE:
                    break  # the harness asks the rest of another worker
    os._exit(0)


def _loaded(path: Path) -> tuple[Functions | None, dict[str, Any]]:
    """The functions of the file, and what is told of it: what it declares, or why it cannot be loaded."""
    try:
        functions = load(Implementation(path.stem, path))
        return functions, {"declared": functions.declared}
    except BaseException as error:
        refusal = describe(error, path)
        return None, {"refusal": [refusal.detail, "import", refusal.traceback]}


def _inputs(header: dict[str, Any], arrays: list[Any]) -> Inputs:
    *parameters, x, t = arrays
    layers = [
        Layer(w, b, ACTIVATIONS[name])
        for w, b, name in zip(parameters[0::2], parameters[1::2], header["activations"], strict=True)
    ]
    return Inputs(Network(tuple(layers), COSTS[header["cost"]]), x, t)


def _packed(answer: Answer) -> bytes:
    again = answer.again or {}
    refusal = answer.refusal
    header = {
        "keys": [*answer.arrays],
        "again": [*again],
        "changed": answer.changed,
        "seconds": answer.seconds,
        "refusal": refusal and [refusal.verdict, refusal.detail, refusal.kind, refusal.traceback],
    }
    return pack(header, [*answer.arrays.values(), *again.values()])
