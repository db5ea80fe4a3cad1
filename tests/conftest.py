"""What several tests need: the complete comparison, run once, and the implementations, loaded once."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from harness.compare import Comparison, compare, select
from harness.discover import Functions, Implementation, load
from harness.server import processors
from harness.table import COLUMNS

cached_load = cache(load)


@pytest.fixture(scope="session")
def complete() -> Comparison:
    """Every implementation on every case, as `nox -s compare` runs them."""
    return compare(select(), processors(), 60.0, lambda *_: None)


def table_of(comparison: Comparison) -> pd.DataFrame:
    """All its rows."""
    return pd.DataFrame(comparison.rows, columns=COLUMNS)


def functions_of(implementation: Implementation) -> Functions:
    return cached_load(implementation)
