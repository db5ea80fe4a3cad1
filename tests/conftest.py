"""What several tests need: the complete comparison, run once, and a server for each file."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from running import compared

from harness.jobs.compare.run import Comparison, select
from harness.sandbox.processes.server import Server, processors


def pytest_configure() -> None:
    """Whatever the tests start hears Ctrl-C, also where a shell has made pytest deaf to it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def complete() -> Comparison:
    """Every implementation on every case, as `nox -s compare` runs them."""
    return compared(select(), processors())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that keeps foreign code apart, for the tests of a file."""
    with Server() as one:
        yield one
