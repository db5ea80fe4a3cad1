"""An exception refuses a case with its reason, and needs no import from harness."""

from __future__ import annotations

import pytest
from support.running import run, write

from harness.cases.case import make_case
from harness.jobs.check.run import check_submission
from harness.jobs.prove.proofs import attempts
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits

REFUSALS = {
    "says_why": ('raise NotImplementedError("squared error only")', "squared error only"),
    "says_nothing": ("raise NotImplementedError", "no reason given"),
    "in_a_library": ("class Base:\n        def f(self): raise NotImplementedError('f')\n    Base().f()", "f"),
    "ours": ("from harness import Unsupported; raise Unsupported()", "no reason given"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_needs_no_import_and_every_command_reports_its_reason(tmp_path, server, name):
    body, reason = REFUSALS[name]
    text = f"def backprop(network, x, t):\n    {body}\n\ndef step(network, x, t, eta):\n    {body}\n"
    file = write(tmp_path, name, text)
    gradient, training = (
        make_case("random", (3, 2), "sigmoid", 5),
        make_case("random", (3, 2), "sigmoid", 4, online=True),
    )
    for case, functions in ((gradient, ("backprop", "step")), (training, ("train",))):
        refusals = run([file], case)[name].refusals
        assert [(refusals[one].verdict, refusals[one].detail) for one in functions] == [("unsupported", reason)] * len(
            functions
        )
    assert check_submission(server, file.path, [gradient], 3, Limits()).verdict == "unsupported"
    with Server(("harness.jobs.prove.host",)) as exact:
        assert {one.refused for one in attempts(exact, [file], seed=1, jobs=1, seconds=60.0)} == {reason}
