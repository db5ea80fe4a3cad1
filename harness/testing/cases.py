"""Run the cases of a check in your own pytest tests; each case is a test with a name.

    from harness.testing import parametrize_with_cases

    @parametrize_with_cases("my_backprop.py", expected_failures={"iris-4-5-3-sigmoid-batch8": "why it may fail"})
    def test_backprop(case):
        case()

The tests are named `test_backprop[my_backprop[iris-4-5-3-sigmoid-batch8]]`. A case that the file refuses is skipped
with its reason. An expected failure that passes is a failure. Code that was not written for the contract is driven as
the command `check` drives it: `make` and `cost` are its options `--make` and `--cost`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from harness.cases.standard import gradient_cases
from harness.jobs.check.run import CheckResult, check_submission
from harness.jobs.check.support import refusal_reason
from harness.jobs.check.text import report_text
from harness.model.errors import UnknownName, UnusableInput
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation


@dataclass(frozen=True)
class CaseTest:
    """One case of one file. Calling it makes the current test pass, fail or be skipped, with the reason."""

    path: Path
    id: str
    limits: Limits
    make: str
    cost: str

    def __call__(self) -> None:
        import pytest  # a notebook, which imports this module too, needs none

        result = _check_once(self.path, self.limits, self.make, self.cost)
        if isinstance(result, UnusableInput):
            pytest.fail(str(result), pytrace=False)
        [outcome] = [one for one in result.outcomes if one.trial.case.id == self.id]
        if outcome.verdict == "unsupported":
            pytest.skip(refusal_reason(outcome))
        if outcome.verdict == "cannot tell" and not outcome.out_of_bounds:
            pytest.skip("cannot tell: a weighted input is within rounding of a kink, or a bound overflows")
        if outcome.verdict != "agrees":
            pytest.fail(report_text(replace(result, outcomes=(outcome,)), ""), pytrace=False)


@cache
def _check_once(path: Path, limits: Limits, make: str, cost: str) -> CheckResult | UnusableInput:
    """Check all cases once for all tests of a file, with the same inputs in all processes of pytest-xdist.

    If the file cannot be driven, the reason is returned, so that it is found once, too.
    """
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.urandom(8).hex())
    seed = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:4], "big")
    with Server() as server, Adapters(server, limits) as adapters:
        try:
            implementation = adapters.drive(Implementation(path.stem, path), make, cost)
        except UnusableInput as error:
            return error
        return check_submission(server, implementation, gradient_cases(), seed, limits)


def parametrize_with_cases(
    file: str | Path,
    expected_failures: Mapping[str, str] | None = None,
    limits: Limits = Limits(),  # noqa: B008
    *,
    make: str = "",
    cost: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that runs a test function, which takes `case`, once for each case of a check.

    A relative `file` is relative to the test file. `expected_failures` maps case ids to reasons. For code that was not
    written for the contract, `make` is an expression that makes a network, in the names of the file and `widths`, and
    `cost` the name of its cost; both are found if they are empty. Raises UnusableInput if there is no such file, and
    UnknownName for an unknown case id.
    """
    import pytest

    folder = Path(sys._getframe(1).f_globals.get("__file__", "")).parent
    path = (folder / file).resolve()
    if not path.is_file():
        raise UnusableInput(f"{file}: expected an implementation's file, found none there; check the path")
    expected = dict(expected_failures or {})
    ids = [case.id for case in gradient_cases()]
    for unknown in expected.keys() - set(ids):
        raise UnknownName("case", unknown, ids)
    marks = {name: [pytest.mark.xfail(reason=reason, strict=True)] for name, reason in expected.items()}
    parameters = [
        pytest.param(CaseTest(path, name, limits, make, cost), id=f"{path.stem}[{name}]", marks=marks.get(name, []))
        for name in ids
    ]
    return pytest.mark.parametrize("case", parameters)
