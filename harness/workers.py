"""Worker processes: every task is one implementation on one case, and no implementation can stop the run.

A worker that dies or runs out of time costs the task that it was at; another worker takes its place.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait

from harness.cases import Case
from harness.discover import Functions, Implementation, load
from harness.run import Inputs, Refusal, Result, describe, functions_of, run_case

# One thread a worker: the cores are all taken, and the order of a sum must not depend on how many there are.
_ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1")


@dataclass(frozen=True, eq=False)
class Task:
    implementation: Implementation
    case: Case
    inputs: Inputs

    def failed(self, detail: str, seconds: float = 0.0) -> Result:
        refusals = {function: Refusal("failed", detail) for function in functions_of(self.case)}
        return Result(self.implementation.name, self.case.id, refusals=refusals, seconds=seconds)


def run_tasks(tasks: Sequence[Task], jobs: int, seconds: float) -> Iterator[Result]:
    """The results of all tasks, as they come. `seconds` is the limit of one task; `jobs` the number of workers."""
    os.environ.update(_ONE_THREAD)
    queue = _Queue(tasks)
    workers = [_Worker() for _ in range(min(jobs, len(tasks)))]
    try:
        while True:
            for worker in workers:
                if worker.task is None and (task := queue.next_for(worker.last)) is not None:
                    worker.start(task, seconds)
            busy = [worker for worker in workers if worker.task is not None]
            if not busy:
                return
            wait([worker.connection for worker in busy], timeout=min(w.deadline for w in busy) - time.monotonic())
            for worker in busy:
                if (result := worker.poll(seconds)) is not None:
                    yield result
    finally:
        for worker in workers:
            worker.kill()


class _Queue:
    """Tasks in order, but a worker stays with the implementation that it has loaded while there is more of it."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._by_name: dict[str, list[Task]] = {}
        for task in reversed(tasks):
            self._by_name.setdefault(task.implementation.name, []).append(task)
        self._untouched = [*dict.fromkeys(task.implementation.name for task in tasks)]

    def next_for(self, last: str | None) -> Task | None:
        if last is not None and self._by_name[last]:
            return self._by_name[last].pop()
        if self._untouched:
            return self._by_name[self._untouched.pop(0)].pop()
        longest = max(self._by_name.values(), key=len)
        return longest.pop() if longest else None


class _Worker:
    """One process and the task that it is at."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self.last: str | None = None
        self.deadline = 0.0
        self._spawn()

    def _spawn(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, task: Task, seconds: float) -> None:
        self.task, self.last = task, task.implementation.name
        self.deadline = time.monotonic() + seconds
        self.connection.send(task)

    def poll(self, seconds: float) -> Result | None:
        """The result of the task, if it has ended in one way or another."""
        assert self.task is not None
        if self.connection.poll():
            try:
                result: Result = self.connection.recv()
            except (EOFError, OSError):
                self._process.join()
                result = self.task.failed(f"the process ended with exit code {self._process.exitcode}")
                self._respawn()
        elif time.monotonic() >= self.deadline:
            result = self.task.failed(f"no answer within {seconds:g} s", seconds)
            self._respawn()
        else:
            return None
        self.task = None
        return result

    def _respawn(self) -> None:
        self.kill()
        self._spawn()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """The worker's loop: load each implementation once, run each task, send the result."""
    warnings.simplefilter("ignore")  # overflow and the like show in the numbers, which are checked
    loaded: dict[Implementation, Functions | Exception | SystemExit] = {}
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        start = time.perf_counter()
        if task.implementation not in loaded:
            try:
                loaded[task.implementation] = load(task.implementation)
            except (Exception, SystemExit) as error:
                loaded[task.implementation] = error
        loading = time.perf_counter() - start
        functions = loaded[task.implementation]
        if isinstance(functions, Functions):
            result = run_case(task.implementation, functions, task.case, task.inputs)
        else:
            result = task.failed(describe(functions, task.implementation))
        connection.send(replace(result, seconds=result.seconds + loading))
