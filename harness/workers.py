"""Worker processes: tasks are run apart from the harness, and no task can stop the run.

A worker that dies or runs out of time costs the task that it was at; another worker takes its place.
"""

from __future__ import annotations

import atexit
import selectors
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from harness.process import SLICE
from harness.server import Server
from harness.worker import MEMORY, Task, Waiting, Worker

FORKER = "harness.forker"
PATIENCE = 3  # tasks of one owner that may run out of time before the rest are given up
KEPT = 16  # processes that are kept, idle, for tasks of their owner that may come yet
SLOW = 0.1  # seconds; what takes longer to load is kept before what does not
LATE = 1.0  # seconds that a prompt task may wait while others are done


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
        self._queue = _Queue()
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

    def add(self, tasks: Sequence[Task], seconds: float, *, memory: float = MEMORY, prompt: bool = False) -> None:
        """Tasks with the limit of one outcome, and of their process in bytes of resident memory. Those that are prompt
        go before others once they have waited."""
        for task in tasks:
            self._queue.put(Waiting(task, seconds, memory), prompt=prompt)

    def outcomes(self) -> Iterator[Any]:
        """The outcomes as they come, until nothing is left to do."""
        while True:
            yield from self._queue.given_up()
            self._assign()
            if not self._busy:
                return
            soonest = min(worker.deadline for worker in self._busy) - time.monotonic()
            self._selector.select(max(0.0, min(soonest, SLICE)))
            for worker in [one for one in self._idle if one.is_too_large()]:  # a thread in it may go on
                self._idle.remove(worker)
                worker.end()
            for worker in [*self._busy]:
                yield from worker.poll()
                if worker.is_over:
                    self._queue.put_back(worker.owner, worker.tasks, timed_out=worker.has_timed_out)
                    self._stop(worker)

    @property
    def _owners(self) -> set[str]:
        return {worker.owner for worker in self._busy}

    def _assign(self) -> None:
        """Give every worker what it has room for, and a process to every owner that there is a job for."""
        for worker in [*self._busy]:
            self._fill(worker)
            if not worker.tasks:
                self._stop(worker)
        while len(self._busy) < self._jobs:
            owner = self._queue.next_owner(self._owners)
            if owner is None:
                return
            resting = [worker for worker in self._idle if worker.owner == owner]
            if resting:
                self._idle.remove(resting[0])
            worker = resting[0] if resting else Worker(self._server, owner)
            self._busy.append(worker)
            for fd in worker.fds:
                self._selector.register(fd, selectors.EVENT_READ)
            self._fill(worker)
            if not worker.tasks:
                self._stop(worker)

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


class _Queue:
    """Tasks by owner, the owners in the order in which they came."""

    def __init__(self) -> None:
        self.prompt: set[str] = set()  # owners whose tasks are
        self._of_owner: dict[str, deque[Waiting]] = {}
        self._timeouts: Counter[str] = Counter()

    def put(self, waiting: Waiting, *, prompt: bool) -> None:
        owner = waiting.task.owner
        self._of_owner.setdefault(owner, deque()).append(waiting)
        if prompt:
            self.prompt.add(owner)

    def put_back(self, owner: str, tasks: Sequence[Waiting] | deque[Waiting], *, timed_out: bool = False) -> None:
        """Tasks that were on their way to a worker which is no more."""
        self._timeouts[owner] += timed_out
        if tasks:
            self._of_owner.setdefault(owner, deque()).extendleft(reversed(tasks))

    def given_up(self) -> Iterator[Any]:
        """The outcomes of tasks that nobody will do."""
        for owner in [owner for owner, count in self._timeouts.items() if count >= PATIENCE]:
            for waiting in self._of_owner.pop(owner, ()):
                yield waiting.task.failed(f"not run: {PATIENCE} before it gave no answer in time")

    def take(self, owner: str, at_work: set[str]) -> Waiting | None:
        """The next task for a worker of this owner; none where prompt ones that nobody is at have waited too long."""
        tasks = self._of_owner.get(owner)
        if not tasks or (owner not in self.prompt and self._late(at_work) is not None):
            return None
        waiting = tasks.popleft()
        if not tasks:
            del self._of_owner[owner]
        return waiting

    def next_owner(self, at_work: set[str]) -> str | None:
        """Whose tasks a free worker should do: those that are late, those that nobody is at, or the longest queue."""
        untouched = (owner for owner in self._of_owner if owner not in at_work)
        # What is prompt is not divided: its worker has at hand what belongs to it.
        lengths = {owner: len(tasks) for owner, tasks in self._of_owner.items() if owner not in self.prompt}
        return self._late(at_work) or next(untouched, None) or max(lengths, key=lengths.__getitem__, default=None)

    def _late(self, at_work: set[str]) -> str | None:
        before = time.monotonic() - LATE
        waiting = (owner for owner in self.prompt if owner in self._of_owner and owner not in at_work)
        return next((owner for owner in waiting if self._of_owner[owner][0].since < before), None)
