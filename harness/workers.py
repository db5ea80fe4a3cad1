"""Worker processes: tasks are run apart from the harness, and no task can stop the run.

A worker that dies or runs out of time costs the task that it was at; another worker takes its place. Where the process
that forks them was killed, another takes its place, too: what was being done is tried again, one task alone at a time,
and the task that is at work when it happens again has failed.
"""

from __future__ import annotations

import atexit
import math
import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from harness.errors import UnusableInput
from harness.process import SLICE
from harness.queue import KILLED, LATE_ANSWER, NOT_LOADED, PATIENCE, Queue
from harness.server import Server
from harness.worker import Task, Waiting, Worker

FORKER = "harness.forker"
KEPT = 16  # processes that are kept, idle, for tasks of their owner that may come yet
SLOW = 0.1  # seconds; what takes longer to load is kept before what does not


def run_tasks(tasks: Sequence[Task], jobs: int, seconds: float) -> Iterator[Any]:
    """The outcomes of all tasks, as they come. `seconds` is the limit of one outcome; `jobs` the number of workers."""
    with Pool(shared(), jobs) as pool:
        pool.add(tasks, seconds)
        yield from pool.outcomes()


@cache
def shared() -> Server:
    """One server for all pools of a process."""
    server = Server(FORKER)
    atexit.register(server.close)
    return server


class Pool:
    """At most `jobs` workers at a time, each with tasks of one owner; use it in a `with`. More tasks may be added while
    outcomes are taken."""

    def __init__(self, server: Server, jobs: int) -> None:
        self._server, self._jobs = server, jobs
        self._queue = Queue()
        self._suspects: deque[Waiting] = deque()  # tasks that were being done when the server was lost
        self._losses = 0  # of the server, since the last outcome
        self._busy: list[Worker] = []
        self._idle: list[Worker] = []  # the longest idle first
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._busy, *self._idle):
            worker.end()
        self._server.command({"settle": 0}, [])
        self._selector.close()

    def add(self, tasks: Sequence[Task], seconds: float, *, memory: float = math.inf, prompt: bool = False) -> None:
        """Tasks with the limit of one outcome, and of their process in bytes of resident memory. Those that are prompt
        go before others once they have waited."""
        for task in tasks:
            self._queue.put(Waiting(task, seconds, memory), prompt=prompt)

    def outcomes(self) -> Iterator[Any]:
        """The outcomes as they come, until nothing is left to do."""
        while True:
            if self._server.is_lost:
                yield from self._recovered()
            yield from self._queue.given_up()
            self._assign()
            if self._server.is_lost:
                continue
            if not self._busy:
                return
            soonest = min(worker.deadline for worker in self._busy) - time.monotonic()
            self._selector.select(max(0.0, min(soonest, SLICE)))
            for worker in [one for one in self._idle if one.is_too_large()]:  # a thread in it may go on
                self._idle.remove(worker)
                worker.end()
            for worker in [*self._busy]:
                for outcome in worker.poll():
                    self._losses = 0
                    yield outcome
                if worker.is_over and not self._server.is_lost:
                    self._queue.put_back(worker.owner, worker.tasks, fault=_fault(worker))
                    self._stop(worker)

    def _recovered(self) -> Iterator[Any]:
        """Another server in place of one that was lost, and its workers with it. The tasks that they were at are to be
        done alone, or are to blame."""
        self._losses += 1
        if self._losses > PATIENCE:
            raise UnusableInput(
                "the process that starts the workers is stopped or killed each time: run the command again"
            )
        for worker in [*self._busy]:
            yield from worker.poll()  # what it had answered before
            worker.end()
            fault = _fault(worker)
            if worker.tasks:
                first = worker.tasks.popleft()
                if first.is_alone:
                    fault, self._losses = KILLED, 0
                    yield first.task.failed(f"it {KILLED}")
                elif worker.has_answered:  # again, it would answer twice
                    yield first.task.failed("the process that starts the workers was killed while it ran")
                else:
                    self._suspects.append(first)
            self._queue.put_back(worker.owner, worker.tasks, fault=fault)
            self._stop(worker)
        self._end_idle()
        self._server.restart()

    def _end_idle(self) -> None:
        for worker in self._idle:
            worker.end()
        self._idle = []

    @property
    def _owners(self) -> set[str]:
        return {worker.owner for worker in self._busy}

    def _assign(self) -> None:
        """Give every worker what it has room for, and a process to every owner that there is a job for."""
        if any(worker.tasks and worker.tasks[0].is_alone for worker in self._busy):
            return
        for worker in [*self._busy]:
            if not self._suspects:
                self._fill(worker)
            if not worker.tasks:
                self._stop(worker)
        if self._suspects:
            self._try_suspect()
            return
        # What is prompt and has waited does not wait for a job that others may hold for long.
        jobs = self._jobs + (self._queue.late(self._owners) is not None)
        while len(self._busy) < jobs and not self._server.is_lost:
            owner = self._queue.next_owner(self._owners)
            if owner is None:
                return
            worker = self._employed(owner)
            self._fill(worker)
            if not worker.tasks:
                self._stop(worker)

    def _try_suspect(self) -> None:
        """Have one done while no other task is, and no worker at rest, in which a thread may go on."""
        while not self._busy and not self._server.is_lost:
            self._end_idle()
            worker = self._employed(self._suspects[0].task.owner)
            self._suspects[0].is_alone = True
            if worker.send(self._suspects[0]):
                self._suspects.popleft()
            else:
                self._stop(worker)

    def _employed(self, owner: str) -> Worker:
        """A worker of this owner that was at rest, or a new one."""
        resting = [worker for worker in self._idle if worker.owner == owner]
        if resting:
            self._idle.remove(resting[0])
        worker = resting[0] if resting else Worker(self._server, owner)
        self._busy.append(worker)
        for fd in worker.fds:
            self._selector.register(fd, selectors.EVENT_READ)
        return worker

    def _fill(self, worker: Worker) -> None:
        while (
            not worker.is_over
            and worker.has_room
            and (waiting := self._queue.take(worker.owner, self._owners)) is not None
        ):
            if not worker.send(waiting):
                self._queue.put_back(worker.owner, [waiting])
                return

    def _stop(self, worker: Worker) -> None:
        """Keep its process for later, and end another where there are many: one that is soon loaded again."""
        self._busy.remove(worker)
        for fd in worker.fds:
            self._selector.unregister(fd)
        if worker.is_over:
            return
        self._idle.append(worker)
        if len(self._idle) > KEPT:
            dear = self._queue.prompt
            first = min(self._idle, key=lambda one: (one.owner in dear, one.loading > SLOW))
            self._idle.remove(first)
            first.end()


def _fault(worker: Worker) -> str:
    """Of a worker that is over."""
    return "" if not worker.has_timed_out else LATE_ANSWER if worker.is_loaded else NOT_LOADED
