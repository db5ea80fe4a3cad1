"""Tasks that wait for a worker: whose turn it is, and which nobody will do."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

from harness.worker import Waiting

PATIENCE = 3  # tasks of one owner that may run out of time, or end the server, before the rest are given up
LATE_ANSWER, KILLED = "gave no answer in time", "killed the process that starts the workers"
NOT_LOADED = "was not loaded in time"  # once is enough: it would take as long again
LATE = 1.0  # seconds that a prompt task may wait while others are done


class Queue:
    """Tasks by owner, the owners in the order in which they came."""

    def __init__(self) -> None:
        self.prompt: set[str] = set()  # owners whose tasks are
        self._of_owner: dict[str, deque[Waiting]] = {}
        self._faults: Counter[tuple[str, str]] = Counter()

    def put(self, waiting: Waiting, *, prompt: bool) -> None:
        owner = waiting.task.owner
        self._of_owner.setdefault(owner, deque()).append(waiting)
        if prompt:
            self.prompt.add(owner)

    def put_back(self, owner: str, tasks: Sequence[Waiting] | deque[Waiting], *, fault: str = "") -> None:
        """Tasks that were on their way to a worker which is no more, and what the one that it was at did."""
        if fault:
            self._faults[owner, fault] += 1
        if tasks:
            self._of_owner.setdefault(owner, deque()).extendleft(reversed(tasks))

    def given_up(self) -> Iterator[Any]:
        """The outcomes of tasks that nobody will do."""
        for (owner, fault), count in [*self._faults.items()]:
            if count >= PATIENCE or fault == NOT_LOADED:
                said = f"{PATIENCE} before it {fault}" if fault != NOT_LOADED else f"it {fault}"
                for waiting in self._of_owner.pop(owner, ()):
                    yield waiting.task.failed(f"not run: {said}")

    def take(self, owner: str, at_work: set[str]) -> Waiting | None:
        """The next task for a worker of this owner; none where prompt ones that nobody is at have waited too long."""
        tasks = self._of_owner.get(owner)
        if not tasks or (owner not in self.prompt and self.late(at_work) is not None):
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
        return self.late(at_work) or next(untouched, None) or max(lengths, key=lengths.__getitem__, default=None)

    def late(self, at_work: set[str]) -> str | None:
        """An owner whose prompt tasks nobody is at, and which have waited too long."""
        before = time.monotonic() - LATE
        waiting = (owner for owner in self.prompt if owner in self._of_owner and owner not in at_work)
        return next((owner for owner in waiting if self._of_owner[owner][0].since < before), None)
