"""Worker processes: tasks are run apart from the harness, and no task can stop the run.

A worker that dies or runs out of time costs the task that it was at; another worker takes its place.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

# One thread a worker: the cores are all taken, and the order of a sum must not depend on how many there are.
_ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")
# A small server that has loaded the harness is forked for each process, where the system can do that.
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_CONTEXT: Any = multiprocessing.get_context(_METHOD)
LOADING = 120.0  # seconds that a task may take to prepare, as to load PyTorch on a busy machine
WATCH = 1.0  # seconds between looks at whether the parent is there
PATIENCE = 3  # tasks of one owner that may run out of time in one worker before the rest are given up


class Task(Protocol):
    """Something to do in a worker; it is sent there and its outcome is sent back, both as pickles."""

    @property
    def owner(self) -> str:
        """Tasks of one owner are best done by one worker, which has then loaded what they need."""

    def prepare(self) -> None:
        """Load what it needs; this is not on the clock of the task."""

    def execute(self) -> Any:
        """Do it, and return the outcome; or, as a generator, yield several, each of which is sent when it is there."""

    def failed(self, detail: str) -> Any:
        """The last outcome where it raised, where the worker died, or where it ran out of time."""


def run_tasks(tasks: Sequence[Task], jobs: int, seconds: float) -> Iterator[Any]:
    """The outcomes of all tasks, as they come. `seconds` is the limit of one outcome; `jobs` the number of workers."""
    os.environ.update(_ONE_THREAD)
    if _METHOD == "forkserver":
        _CONTEXT.set_forkserver_preload(["harness.tasks"])
    queue = _Queue(tasks)
    with _without_interrupts():
        workers = [_Worker() for _ in range(min(jobs, len(tasks)))]
    try:
        while True:
            for worker in workers:
                if worker.task is None and (task := queue.next_for(worker.last)) is not None:
                    worker.start(task)
            busy = [worker for worker in workers if worker.task is not None]
            if not busy:
                return
            soonest = min(worker.deadline for worker in busy) - time.monotonic()
            wait([worker.connection for worker in busy], timeout=max(0.0, soonest))
            for worker in busy:
                yield from worker.poll(seconds)
                if worker.timeouts >= PATIENCE:
                    for task in queue.give_up(worker.last):
                        yield task.failed(f"not run: {PATIENCE} before it gave no answer in time")
    finally:
        for worker in workers:
            worker.kill()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Ctrl-C waits: what is started meanwhile never hears of it, as it is this process's affair."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Queue:
    """Tasks in order, but a worker stays with the owner whose tasks it has begun while there are more of them."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._of_owner: dict[str, list[Task]] = {}
        for task in reversed(tasks):
            self._of_owner.setdefault(task.owner, []).append(task)
        self._untouched = [*dict.fromkeys(task.owner for task in tasks)]

    def give_up(self, owner: str | None) -> list[Task]:
        """What is left of an owner's tasks, which nobody will do."""
        left = self._of_owner.get(owner or "", [])
        given_up, left[:] = left[::-1], []
        return given_up

    def next_for(self, last: str | None) -> Task | None:
        if last is not None and self._of_owner[last]:
            return self._of_owner[last].pop()
        while self._untouched:
            if tasks := self._of_owner[self._untouched.pop(0)]:
                return tasks.pop()
        longest = max(self._of_owner.values(), key=len)
        return longest.pop() if longest else None


class _Worker:
    """One process and the task that it is at. Each owner gets a fresh process: no task meets another owner's traces."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self.last: str | None = None
        self.deadline = 0.0
        self.timeouts = 0  # of this owner's tasks, here
        self._spawn()

    def _spawn(self) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, task: Task) -> None:
        if self.last not in (None, task.owner):
            self._respawn()
            self.timeouts = 0
        self.task, self.last = task, task.owner
        try:
            self.connection.send(task)
        except OSError:  # it died after its last answer
            self._respawn()
            self.connection.send(task)
        self.deadline = time.monotonic() + LOADING

    def poll(self, seconds: float) -> Iterator[Any]:
        """What has come of the task since the last look."""
        assert self.task is not None
        try:
            if self.connection.poll():
                outcomes, ended = self.connection.recv()
                self.deadline = time.monotonic() + seconds  # it is prepared, or has another outcome to give
            elif time.monotonic() >= self.deadline:
                outcomes, ended = [self.task.failed(f"no answer within {seconds:g} s")], True
                self.timeouts += 1
                self._respawn()
            else:
                return
        except (EOFError, OSError):
            self._process.join()
            outcomes, ended = [self.task.failed(f"the process ended with exit code {self._process.exitcode}")], True
            self._respawn()
        if ended:
            self.task = None
        yield from outcomes

    def _respawn(self) -> None:
        self.kill()
        self._spawn()

    def kill(self) -> None:
        """End the process, and where the system can, all that it has started."""
        if hasattr(os, "killpg") and self._process.pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self.connection.close()


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, killed perhaps: nobody else would."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)


def _serve(connection: Connection) -> None:
    """The worker's loop: do each task, send its outcomes. A message is some of them, and whether the task has ended."""
    if hasattr(os, "setsid"):
        os.setsid()  # a group of its own: Ctrl-C is the parent's affair, and what a task starts can be ended with it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    os.dup2(2, 1)  # what a task prints must not get into the tables
    me = os.getpid()
    warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        for message in _messages(task):
            if os.getpid() != me:
                os._exit(0)  # a copy of this process, left by a task that forked
            try:
                connection.send(message)
            except ConnectionError:  # nobody is there to wait for it
                return


def _messages(task: Task) -> Iterator[tuple[list[Any], bool]]:
    """What is sent of one task. A single outcome ends it, so that it is not lost if the process dies behind it."""
    try:
        task.prepare()
        yield [], False
        outcome = task.execute()
        if not isinstance(outcome, Iterator):
            yield [outcome], True
            return
        for one in outcome:
            yield [one], False
        yield [], True
    except Exception as error:
        yield [task.failed(f"{type(error).__name__}: {error}")], True
