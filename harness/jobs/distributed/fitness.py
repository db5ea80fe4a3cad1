"""Whether workers may do the work, asked of them before they get any."""

from __future__ import annotations

from collections.abc import Sequence

from distributed import Client

from harness.jobs.distributed.standing import Standing, standing
from harness.jobs.distributed.tasks import unfit
from harness.jobs.distributed.within import within
from harness.model.errors import UnusableInput

REPLY_SECONDS = 10.0
_INSTALL_THERE = "install it there with its extra `cluster`, and start the worker again"


def check_workers(client: Client, workers: Sequence[str], expected: Standing) -> set[str]:
    """Those of these addresses that may do the work; the rest has ended. Raises UnusableInput if one must not."""
    try:
        answers = within(REPLY_SECONDS, lambda: client.run(standing, workers=[*workers], on_error="return"))
    except TimeoutError:
        # A worker that cannot import what all tasks share is never ready; one that was killed does not count.
        answers = {one: "no answer" for one in workers if one in client.nthreads()}
    except OSError:
        return set()
    threads = client.nthreads()
    for worker, found in answers.items():
        if isinstance(found, str | ImportError | AttributeError):
            raise UnusableInput(f"worker {worker}: expected gradproof there, found {_said(found)}; {_INSTALL_THERE}")
        if not isinstance(found, Exception) and (problem := unfit(expected, found, threads.get(worker, 1))):
            raise UnusableInput(f"worker {worker}: {problem}")
    return {worker for worker, found in answers.items() if not isinstance(found, Exception)}


def _said(found: object) -> str:
    return " ".join(str(found).split())
