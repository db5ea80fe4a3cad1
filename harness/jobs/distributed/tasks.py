"""What runs in a worker process of Dask: a task, with what all tasks share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker

from harness.jobs.distributed.here import close_here
from harness.jobs.distributed.standing import Standing, standing


@dataclass(frozen=True)
class Unfit:
    """In place of a result: why this worker must not do the work."""

    reason: str


class Shared(WorkerPlugin):  # type: ignore[misc] # it ships types, and is not everywhere
    """What all tasks share. Dask gives it to each worker, also to those that are started later."""

    def __init__(self, shared: Any, expected: Standing) -> None:
        self.shared, self._expected, self.unfit = shared, expected, ""

    def setup(self, worker: Worker) -> None:
        self.unfit = unfit(self._expected, standing(), worker.state.nthreads)

    async def teardown(self, worker: Worker) -> None:
        if not any(isinstance(one, Shared) for one in worker.plugins.values()):  # another command's, on the same worker
            # In the thread of the tasks, after the one that may still run.
            await asyncio.get_running_loop().run_in_executor(worker.executors["default"], close_here)


def unfit(expected: Standing, found: Standing, threads: int) -> str:
    """Why a worker must not do the work, and what to do; empty if it may."""
    if differences := expected.differences(found):
        return f"{differences}; install the same there, and start the worker again"
    if threads != 1:
        return f"expected one thread for each process, found {threads}; start it with --nthreads 1"
    return ""


def do(name: str, function: Callable[[Any, Any], Any], task: Any) -> tuple[str, Any]:
    """The worker's address, and the function of what is shared under a name and of a task; or Unfit."""
    worker = get_worker()
    plugin: Shared = worker.plugins[name]
    return worker.address, Unfit(plugin.unfit) if plugin.unfit else function(plugin.shared, task)
