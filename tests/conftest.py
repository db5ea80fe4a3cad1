"""What several tests need: the complete comparison, run once, and a server for each file."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from harness.sandbox.processes.server import ONE_THREAD

os.environ |= ONE_THREAD  # each of the tests' processes has one core; said before numpy is loaded

import pytest
from hypothesis import HealthCheck, settings
from support.running import certified, compared

from harness.jobs.compare.run import Comparison, select
from harness.judging import judge
from harness.judging.causes import measurements
from harness.sandbox.processes.server import Server, processors

# How long an example takes is that of a machine with other things to do.
settings.register_profile("gradproof", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gradproof")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--all-seeds` is for the sweep of all right styles, which takes a minute more."""
    parser.addoption("--all-seeds", action="store_true", help="check every right style with three seeds, not with one")


def pytest_configure() -> None:
    """Whatever the tests start hears Ctrl-C, also where a shell has made pytest deaf to it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def complete() -> Comparison:
    """Every implementation on every case, as `nox -s compare` runs them."""
    return compared(select(), processors())


@pytest.fixture(scope="module")
def known_truths() -> Iterator[None]:
    """Each truth is computed once, for whatever files are checked on the same inputs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (judge, measurements):
            patch.setattr(module, "certify", certified)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that keeps foreign code apart, for the tests of a file."""
    with Server() as one:
        yield one
