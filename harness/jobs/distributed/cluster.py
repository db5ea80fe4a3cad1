"""A cluster of Dask, of this machine or of others, that does tasks."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import dask
from distributed import Client, LocalCluster

from harness.jobs.distributed import quiet
from harness.jobs.distributed.fitness import check_workers
from harness.jobs.distributed.luggage import Luggage, luggage
from harness.jobs.distributed.pool import FarPool
from harness.jobs.distributed.sending import Sending
from harness.jobs.distributed.standing import equipment, standing
from harness.jobs.distributed.within import within
from harness.model.errors import UnusableInput
from harness.sandbox.pool import Pool
from harness.sandbox.processes import ending
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import Implementation

CONNECT_SECONDS = 10.0  # to find the scheduler, and then the first worker
CLOSING_SECONDS = 5.0


class Cluster:
    """The workers of a scheduler, which are closed with it if they are `ours`; use it in a `with`."""

    def __init__(self, client: Client, ours: LocalCluster | None = None) -> None:
        self.client, self._ours = client, ours
        ending.at_end(self.close)

    def __enter__(self) -> Cluster:
        try:
            self._check()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def results(
        self, function: Callable[[Any, Any], Any], tasks: Iterable[tuple[str, Any]], shared: Any
    ) -> Iterator[tuple[str, Any]]:
        """See harness.jobs.distributed.here.Machines."""
        with self.sending(function, shared) as sending:
            yield from sending.all_of(tasks)

    def sending(self, function: Callable[[Any, Any], Any], shared: Any) -> Sending:
        """Tasks of a function that can be sent one by one; use it in a `with`."""
        return Sending(self.client, function, shared, workers_stay=self._ours is None)

    def pool(self, server: Server, jobs: int, implementations: Sequence[Implementation]) -> Pool:
        """See harness.jobs.distributed.here.Machines."""
        taken = Luggage()  # workers of this machine see its files
        if self._ours is None:
            self._check_equipment(implementations)
            taken = luggage(implementations)
        return FarPool(self.sending, replace(taken, walls="on" if server.has_walls else "off"))

    def close(self) -> None:
        """Close what is ours; the servers of others' workers are closed, and their tasks cancelled."""
        ending.forget(self.close)
        if self._ours is not None:
            for nanny in self._ours.workers.values():
                nanny.auto_restart = False
            for process in multiprocessing.active_children():
                process.kill()
        with suppress(Exception):
            self.client.close(timeout=CLOSING_SECONDS)
        if self._ours is not None:
            with suppress(Exception):
                self._ours.close(timeout=CLOSING_SECONDS)

    def _check(self) -> None:
        """Raise UnusableInput if there is no worker, or one that must not do the work."""
        try:
            self.client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError:
            what = f"{self.client.scheduler.address}: expected workers, found none within {CONNECT_SECONDS:g} s"
            raise UnusableInput(f"{what}; start some, as `dask worker ADDRESS --nworkers -1 --nthreads 1`") from None
        check_workers(self.client, [*self.client.nthreads()], standing())

    def _check_equipment(self, implementations: Sequence[Implementation]) -> None:
        """Raise UnusableInput if a worker lacks what these need, or has another version of it."""
        languages = sorted({one.language for one in implementations if one.command})
        expected = equipment(languages)
        for worker, found in self.client.run(equipment, languages).items():
            lacking = {name: version for name, version in expected.items() if found[name] != version}
            if lacking:
                names = ", ".join(f"{name} {version}" for name, version in lacking.items())
                other = ", ".join(f"{name} {found[name]}" for name in lacking)
                raise UnusableInput(
                    f"worker {worker}: expected {names}, as here, found {other}; install the same there"
                )


def local_cluster(workers: int) -> Cluster:
    """So many processes of this machine, and a line that says where their dashboard is, if there is one."""
    quiet.silence()
    has_dashboard = find_spec("bokeh") is not None
    environment = dask.config.get("distributed.nanny.pre-spawn-environ") | quiet.ENVIRONMENT
    dask.config.set(
        {
            "distributed.nanny.pre-spawn-environ": environment,
            "distributed.comm.timeouts.connect": "5s",  # what a killed worker had is not waited for
            "distributed.deploy.lost-worker-timeout": "1 day",  # one that is killed often is always started again
        }
    )
    with ending.deferred():
        try:
            ours = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=0,  # the sandbox has its own
                dashboard_address="127.0.0.1:0" if has_dashboard else None,
                silence_logs=quiet.SILENT,
            )
            cluster = Cluster(Client(ours), ours)
        except (RuntimeError, OSError, TimeoutError) as error:  # a process ended while it was started
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UnusableInput(f"--workers {workers}: expected them to start, found: {reason}; try again") from None
    if has_dashboard:
        print(f"Dashboard: {cluster.client.dashboard_link}")
    return cluster


def remote_cluster(address: str) -> Cluster:
    """The workers of the scheduler at an address. Raises UnusableInput if there is none."""
    quiet.silence()
    try:
        # What answers on the port may be anything, and never say what Dask waits for.
        return Cluster(within(CONNECT_SECONDS, lambda: Client(address, timeout=CONNECT_SECONDS)))
    except (OSError, TimeoutError, ValueError):
        what = f"--scheduler {address}: expected a scheduler of Dask, found none within {CONNECT_SECONDS:g} s"
        raise UnusableInput(f"{what}; start one with `dask scheduler`, or correct the address") from None
