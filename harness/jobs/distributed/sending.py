"""Tasks on their way to the workers of Dask, and results on their way back: a limited number at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from harness.jobs.distributed.fitness import check_workers
from harness.jobs.distributed.here import Lost
from harness.jobs.distributed.standing import standing
from harness.jobs.distributed.tasks import Shared, Unfit, do
from harness.jobs.distributed.within import within
from harness.model.errors import UnusableInput
from harness.sandbox.processes import ending

AHEAD = 4  # tasks for each worker that are sent before their turn
COUNT_SECONDS = 1.0  # between two counts of the workers
GONE_SECONDS = 60.0  # without any worker, before this is given up
FETCH_SECONDS = 60.0  # for a result, before it is looked at again
WITHDRAW_SECONDS = 2.0  # a task that runs comes to its end, and is not waited for

_sendings = count()


class Done(NamedTuple):
    """The result of a task, or Lost; and the address of the worker that did it, for what must be done there too."""

    key: str
    result: Any
    worker: str


class Sending:
    """The tasks of one function; use it in a `with`. Workers that stay when the command is ended must be told."""

    def __init__(self, client: Client, function: Callable[[Any, Any], Any], shared: Any, *, workers_stay: bool) -> None:
        self._client, self._function, self._workers_stay = client, function, workers_stay
        self._name = f"gradproof-{client.id}-{next(_sendings)}"
        self._expected = standing()
        self._shared = Shared(shared, self._expected)
        self._open: dict[Future, tuple[str, Any]] = {}
        self._done = SimpleQueue[Future]()
        self._suspects: list[tuple[str, Any]] = []  # their worker was killed
        self._alone: Future | None = None
        self._counted = self._seen = time.monotonic()
        self._fit = {*client.nthreads()}  # the addresses of the workers that may do the work

    def __enter__(self) -> Sending:
        if self._workers_stay:
            ending.at_end(self._close)
        self._client.register_plugin(self._shared, name=self._name)
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        """Leave nothing of this on the workers: what was sent, what is shared, and their fork servers."""
        ending.forget(self._close)
        with suppress(Exception):  # a scheduler that has ended, for example
            within(WITHDRAW_SECONDS, self._withdraw)

    def _withdraw(self) -> None:
        self._client.cancel([*self._open], force=True)
        self._client.unregister_worker_plugin(self._name)

    @property
    def open(self) -> int:
        """How many tasks have no result yet."""
        return len(self._open) + len(self._suspects)

    @property
    def room(self) -> int:
        """How many more tasks may be sent now."""
        return 0 if self._alone is not None else AHEAD * max(1, self._count()) - self.open

    def send(self, key: str, task: Any, *, to: str = "") -> Future:
        """Send a task to the worker at an address, if it is still there, or to whichever is free first."""
        where = {"workers": [to], "allow_other_workers": True} if to else {}
        future = self._client.submit(do, self._name, self._function, task, pure=False, **where)
        self._open[future] = key, task
        future.add_done_callback(self._done.put)
        return future

    def take(self, seconds: float) -> list[Done]:
        """The results that are there, after waiting for so many seconds at most."""
        self._count()
        if self._suspects and not self._open:
            self._alone = self.send(*self._suspects.pop())
        ready = list[Future]()
        try:
            ready.append(self._done.get(timeout=seconds))
            while True:
                ready.append(self._done.get_nowait())
        except Empty:
            pass
        return [result for future in ready for result in self._result(future)]

    def all_of(self, tasks: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
        """Send all tasks, in their order, and yield results as they come."""
        waiting = iter(tasks)
        more = True
        while more or self.open:
            for _ in range(self.room):
                if (task := next(waiting, None)) is None:
                    more = False
                    break
                self.send(*task)
            for done in self.take(COUNT_SECONDS):
                yield done.key, done.result

    def _count(self) -> int:
        """The workers, now or not long ago. Raises UnusableInput if there has been none for long."""
        now = time.monotonic()
        if now > self._counted + COUNT_SECONDS:
            self._counted = now
            with suppress(OSError):  # then the tasks are cancelled, too
                workers = {*self._client.nthreads()}
                self._seen = now if workers else self._seen
                if others := workers - self._fit:
                    workers -= others - check_workers(self._client, [*others], self._expected)
                self._fit = workers
            if now > self._seen + GONE_SECONDS:
                raise UnusableInput(f"expected workers, found none for {GONE_SECONDS:g} s; start some, and this again")
        return len(self._fit)

    def _result(self, future: Future) -> Iterator[Done]:
        """The result of a task that has come to its end, if it is here. Raises the task's exception."""
        try:
            worker, result = future.result(FETCH_SECONDS)
        except CancelledError:
            raise UnusableInput("the scheduler of Dask has ended; start it again, and then this command") from None
        except KilledWorker as error:
            worker, result = "", Lost(f"the process that did it was killed {error.allowed_failures + 1} times in a row")
        except TimeoutError:
            if future.status == "error":  # the task's own
                raise
            future.add_done_callback(self._done.put)  # the worker was killed with it, and it is done again
            return
        key, task = self._open.pop(future)
        is_alone = future is self._alone
        if is_alone:
            self._alone = None
        if isinstance(result, Unfit):
            raise UnusableInput(f"worker {worker}: {result.reason}")
        if isinstance(result, Lost) and not is_alone:
            # Tasks that waited in the same worker are as suspicious: each is tried once more with no other beside it.
            self._suspects.append((key, task))
            return
        yield Done(key, result, worker)
