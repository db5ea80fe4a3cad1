"""What several tests need: the complete comparison, run once, and a server for each file."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from harness.sandbox.processes.server import ONE_THREAD

os.environ |= ONE_THREAD  # each of the tests' processes has one core; said before numpy is loaded
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # commands that the tests run compile each module once, not each time

import pytest
from hypothesis import HealthCheck, settings
from support.running import certified, compared

from harness.jobs.compare.report.kept import kept_results, with_kept
from harness.jobs.compare.run import Comparison, select
from harness.jobs.page.damage import raised
from harness.judging import judge
from harness.judging.causes import measurements
from harness.reporting.files import REPORTS
from harness.sandbox.processes.server import Server, processors

# How long an example takes is that of a machine with other things to do.
ANY_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("one seed", ANY_TIME, max_examples=50)
settings.register_profile("all seeds", ANY_TIME, max_examples=100)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Both are for sweeps that take minutes more."""
    text = "check right code with every seed, not with one, and try twice as many random examples"
    parser.addoption("--all-seeds", action="store_true", help=text)
    text = "check every wrong version of the implementations that are not in Python, not one in each language"
    parser.addoption("--all-languages", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Whatever the tests start hears Ctrl-C, also where a shell has made pytest deaf to it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Files with few tests would be run last, and these take the longest.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    settings.load_profile("all seeds" if config.getoption("all_seeds") else "one seed")


@pytest.fixture(scope="session")
def complete() -> Comparison:
    """Every implementation on every case, as `nox -s compare` runs them; earlier rows where a toolchain is missing."""
    selection = select()
    kept = kept_results(selection, REPORTS, raised)
    return with_kept(compared(kept.to_run(selection), processors()), selection, kept)


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
