"""The other side of harness.workers: a small process that has the harness loaded and forks a worker whenever it is
asked to; and what such a worker does, which is one task after another.

The server reads commands from its socket: `fork`, with the channel of the new worker and a pipe for its complaints,
answered with its process id; `wait`, answered with the exit code of a worker that ends by itself; `end`, for a worker
that is no longer wanted; and `settle`, answered when nothing is left of those that have ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness import datasets
from harness.answers import message_of
from harness.channel import Channel, packed
from harness.serve import COMMAND, PARENT_DEATH_SIGNAL, control, end_strays, exit_code, kill_group, settle_in


def main(fd: int) -> None:
    """Serve until the other end of the socket is closed. Does not return."""
    import shutil  # while the other side loads what it needs
    import tempfile

    settle_in()
    _load()
    home = tempfile.mkdtemp(prefix="gradproof-")
    running: set[int] = set()
    ended: set[int] = set()
    with socket.socket(fileno=fd) as commands:
        while True:
            message, fds, _, _ = socket.recv_fds(commands, COMMAND, 2)
            if not message:
                break
            [(command, pid)] = json.loads(message).items()
            answer: int | None = None
            if command == "settle":
                while ended := {one for one in ended if not _is_gone(one)}:
                    time.sleep(0.0005)
            elif command == "fork":
                answer = _forked(home, commands, *fds)
                running.add(answer)
            elif command == "wait":
                answer = exit_code(pid)
            elif command == "end":
                kill_group(pid)
                running.discard(pid)
                ended.add(pid)
                end_strays(but=running | ended)
            commands.send(json.dumps(answer).encode())
            ended -= {one for one in ended if _is_gone(one)}
    for pid in running:
        kill_group(pid)
    end_strays()
    shutil.rmtree(home, ignore_errors=True)
    os._exit(0)  # at once: there is nothing to tidy


def _load() -> None:
    """Once for all workers: what the tasks need, and the bundled data."""
    import harness.certify
    import harness.distances
    import harness.holding
    import harness.tasks
    import harness.truth  # noqa: F401

    np.random.default_rng(0)
    for name in datasets.NAMES:
        datasets.load(name)


def _forked(home: str, commands: socket.socket, *fds: int) -> int:
    pid = os.fork()
    if pid == 0:
        commands.close()
        _end_as_worker(home, *fds)
    for one in fds:
        os.close(one)
    return pid


def _is_gone(group: int) -> bool:
    """Whether nothing is left of a group that was killed."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
        return False
    return True


def _end_as_worker(home: str, channel: int, complaints: int) -> None:
    """Be a worker, and end as one: nothing of the server may run on behind it."""
    code = 1
    try:
        folder = os.path.join(home, str(os.getpid()))
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)  # what a file writes or deletes by a relative path is not the person's
        os.setsid()  # a group of its own: Ctrl-C is the parent's affair, and what a task starts can be ended with it
        control(PARENT_DEATH_SIGNAL, signal.SIGKILL)
        os.dup2(0, 1)  # what a task prints is neither for the tables nor for the terminal: it goes nowhere
        os.dup2(complaints, 2)
        os.close(complaints)
        warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
        _work(Channel(socket.socket(fileno=channel)))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
            sys.stdout.flush()
        os._exit(code)


def _work(channel: Channel) -> None:
    """Do each task, send its outcomes. A message is some of them, and whether the task has ended; the first of a
    process tells that it is loaded, and carries none."""
    me, loaded = os.getpid(), False
    while True:
        try:
            task = channel.receive()
        except (EOFError, ConnectionError):
            return
        for message in _messages(task, loaded=loaded):
            if os.getpid() != me:
                os._exit(0)  # a copy of this process, left by a task that forked
            try:
                channel.send(packed(message))
            except ConnectionError:  # nobody is there to wait for it
                return
        loaded = True


def _messages(task: Any, *, loaded: bool) -> Iterator[tuple[list[Any], bool]]:
    """What is sent of one task. A single outcome ends it, so that it is not lost if the process dies behind it."""
    try:
        task.prepare()
        if not loaded:
            yield [], False
        outcome = task.execute()
        if not isinstance(outcome, Iterator):
            yield [outcome], True
            return
        for one in outcome:
            yield [one], False
        yield [], True
    except Exception as error:
        yield [task.failed(f"{type(error).__name__}: {message_of(error)}")], True
