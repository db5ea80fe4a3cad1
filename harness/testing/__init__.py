"""Check code from where it is written: in pytest, a test for each case; in a notebook, a report.

    from harness.testing import check

    check(Network)  # a class, an object, or functions, as they stand

`parametrize_with_cases` is described in harness.testing.cases, `check` in harness.testing.notebook.
"""

from harness.testing.cases import parametrize_with_cases
from harness.testing.notebook import Report, check

__all__ = ["Report", "check", "parametrize_with_cases"]
