"""Where a command does its work: --scheduler, --workers, or neither.

with machines(options) as where:
    for key, result in where.results(function, tasks, shared):
        ...
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager

from harness.jobs import count_argument
from harness.model.errors import UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from harness.jobs.distributed.cluster import Cluster
    from harness.jobs.distributed.here import Machines

MOST_WORKERS = 64  # of a local cluster
_ADDRESS = r"(tcp|tls)://[^\s/]+:\d+"
_INSTALL = "install gradproof with its extra, as `pip install '.[cluster]'` does in a clone"


def add_machines(parser: argparse.ArgumentParser) -> None:
    """Add --scheduler and --workers, which say where the work is done."""
    add = parser.add_argument
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster that does the work, as tcp://host:8786")
    add("--workers", type=count_argument, metavar="N", help="do the work in a local Dask cluster of N processes")


@contextmanager
def machines(options: argparse.Namespace) -> Iterator[Machines]:
    """Where the options of add_machines say that the work is done. Raises UnusableInput if it cannot be there."""
    if options.scheduler is None and options.workers is None:
        from harness.jobs.distributed.here import HERE, close_here  # a command's help has no need of it

        try:
            yield HERE
        finally:
            close_here()
        return
    if options.scheduler is not None and options.workers is not None:
        raise UnusableInput("--workers with --scheduler: expected one of them, found both; leave one out")
    option = "--scheduler" if options.workers is None else "--workers"
    if getattr(options, "jobs", None) is not None:
        raise UnusableInput(f"--jobs with {option}: expected one of them, found both; leave --jobs out")
    if options.workers is not None and options.workers > MOST_WORKERS:
        raise UnusableInput(f"--workers {options.workers}: expected at most {MOST_WORKERS} on one machine; use fewer")
    if options.scheduler is not None and not re.fullmatch(_ADDRESS, options.scheduler):
        raise UnusableInput(f"--scheduler {options.scheduler}: expected an address as tcp://host:8786; correct it")
    try:
        from harness.jobs.distributed.cluster import local_cluster, remote_cluster
    except ModuleNotFoundError as error:
        raise UnusableInput(f"{option} needs {error.name}, which is not installed; {_INSTALL}") from None
    found: Cluster = local_cluster(options.workers) if options.workers else remote_cluster(options.scheduler)
    with found:
        yield found
