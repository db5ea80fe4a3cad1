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
import threading
import time
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

from harness.activations import ACTIVATIONS
from harness.answers import STALE, Answer, Refusal, ask, describe
from harness.contract import Inputs, Layer, Network
from harness.costs import COSTS
from harness.discover import Functions, Implementation, load
from harness.surroundings import snapshot
from harness.wire import Inbox, pack

COMMAND = 2**16  # bytes of a command, at most
GRACE = 0.5  # seconds in which a worker whose channel is closed may end by itself
_NO_LIMIT = 2**62  # what the harness itself sends is trusted
# prctl(2): signal the child when its parent dies; take in the orphans of one's children.
PARENT_DEATH_SIGNAL, _CHILD_SUBREAPER = 1, 36


def main(fd: int) -> None:
    """Serve until the other end of the socket is closed. Does not return."""
    settle_in()
    worker = 0
    with socket.socket(fileno=fd) as commands:
        while True:
            message, fds, _, _ = socket.recv_fds(commands, COMMAND, 2)
            if not message:
                break
            command = json.loads(message)
            if "fork" in command:
                worker = os.fork()
                if worker == 0:
                    commands.close()
                    _work(Path(command["fork"]), Path(command["folder"]), *fds)
                for one in fds:
                    os.close(one)
                commands.send(json.dumps(worker).encode())
            else:
                code = exit_code(command["wait"])
                end_strays()
                commands.send(json.dumps(code).encode())
                worker = 0
    if worker:
        kill_group(worker)
    end_strays()
    os._exit(0)  # at once: there is nothing to tidy


def settle_in() -> None:
    """End with the harness, take in what workers leave behind, and leave Ctrl-C to the harness."""
    control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    control(_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def exit_code(pid: int) -> int | None:
    """Of a worker that ends, or is ended soon."""
    deadline = time.monotonic() + GRACE
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                kill_group(pid)
            time.sleep(0.0005)
    return None


def kill_group(pid: int) -> None:
    """A worker that is not yet the head of its group is killed alone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def control(option: int, value: int) -> None:
    """prctl, where there is such a thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def end_strays(but: Collection[int] = ()) -> None:
    """End the processes that workers left behind: orphans come to the server, and those of theirs after them. Those
    that are known stay."""
    while children := [one for one in running_children(os.getpid()) if one not in but]:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def running_children(pid: int, known: int = 0) -> list[int]:
    """The children of a process, without one that is known and those that have ended; none where the system does not
    say."""
    with contextlib.suppress(OSError):
        tasks = os.listdir(f"/proc/{pid}/task")
        ids = [int(child) for task in tasks for child in _words(f"/proc/{pid}/task/{task}/children")]
        others = [child for child in ids if child != known]
        return [child for child in others if not _has_ended(child)]
    return []


def _has_ended(pid: int) -> bool:
    with contextlib.suppress(OSError):
        # The name in parentheses may hold anything, and the state comes after it.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    return True


def _words(path: str) -> list[bytes]:
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        return file.read().split()
    return []


def _work(path: Path, folder: Path, channel_fd: int, output_fd: int) -> None:
    """The worker: load the file, then answer what is asked, until the channel closes. Does not return."""
    server = os.getppid()
    os.setsid()  # a group of its own, to be ended with all that it starts
    control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    os.dup2(output_fd, 1)
    os.dup2(output_fd, 2)
    os.close(output_fd)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.chdir(folder)
    os.environ["TMPDIR"] = str(folder.parent / "tmp")
    sys.argv, sys.dont_write_bytecode = [str(path)], True
    warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
    with socket.socket(fileno=channel_fd) as channel:
        functions, header = _loaded(path)
        channel.sendall(pack(header))
        inbox, me, surroundings, threads = Inbox(_NO_LIMIT), os.getpid(), snapshot(), threading.active_count()
        while data := channel.recv(2**16):
            message = inbox.feed(data)
            if message is None or functions is None:
                continue
            header, inputs = message[0], _inputs(*message)
            for name in header["functions"]:
                answer = ask(name, functions, path, inputs, header["learning_rate"], surroundings)
                if os.getpid() != me:
                    os._exit(0)  # a copy of this process, left by code that forked
                if answer.refusal is None and (running_children(me) or running_children(server, known=me)):
                    answer = Answer(refusal=Refusal("failed", "it left a process running", "processes"))
                if answer.refusal is None and threading.active_count() > threads:
                    answer = Answer(refusal=Refusal("failed", "it left a thread running", "processes"))
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
