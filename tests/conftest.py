"""What several tests need: the complete comparison, run once, and the implementations, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pandas as pd
import pytest
from running import compared

from harness.jobs.compare.run import Comparison, select
from harness.jobs.compare.table import COLUMNS
from harness.sandbox.loading import Functions, Implementation, load
from harness.sandbox.processes.server import Server, processors

cached_load = cache(load)


@pytest.fixture(scope="session")
def complete() -> Comparison:
    """Every implementation on every case, as `nox -s compare` runs them."""
    return compared(select(), processors())


def table_of(comparison: Comparison) -> pd.DataFrame:
    """All its rows."""
    return pd.DataFrame(comparison.rows, columns=COLUMNS)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that keeps foreign code apart, for the tests of a file."""
    with Server() as one:
        yield one


def functions_of(implementation: Implementation) -> Functions:
    return cached_load(implementation)
