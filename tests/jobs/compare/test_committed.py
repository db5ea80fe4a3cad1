"""Which figures of a comparison are committed: none that depends on the machine."""

from __future__ import annotations

from support.results import written_reports

from harness.cases.standard import standard_cases
from harness.jobs.compare.report.committed import ARITHMETIC, BEYOND, committed
from harness.jobs.compare.report.views import order_of_magnitude
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.judging.causes.find_causes import IRREGULAR
from harness.sandbox.sources.find import find_implementations

CASES = tuple(case for case in standard_cases() if case.id.startswith("xor") and not case.online)[:3]


def compared(verdicts, **more):
    """Two rows of backprop and one of step in a case, by their verdicts."""
    quantities = ("w", "b", "update")
    rows = [
        Row(
            *("matrices", CASES[0].id, quantity, 1, "[0]", 0.5, 0.1, 0.5 if verdict == "agrees" else 5.0, 6, 7),
            verdict=verdict,
            detail="" if verdict == "agrees" else "why",
        )._replace(**more)
        for quantity, verdict in zip(quantities, verdicts, strict=True)
    ]
    return Comparison(Selection(find_implementations(["matrices"]), CASES[:1], complete=False), rows, [], 1.0, 1.0, 1)


def test_numbers_of_one_call_are_inaccurate_together_and_show_no_digits():
    w, b, update = committed(compared(["agrees", "inaccurate", "agrees"])).rows
    assert [row.verdict for row in (w, b, update)] == ["inaccurate", "inaccurate", "agrees"]
    assert [row.digits for row in (w, b, update)] == [None, None, 7]
    assert [(row.error_ratio, row.entry, row.detail) for row in (w, b)] == [(BEYOND, "", "why")] * 2
    [irregular, *_] = committed(compared(["inaccurate"] * 3, detail=IRREGULAR.reason)).rows
    assert irregular.detail == ARITHMETIC
    [named, *_] = committed(compared(["inaccurate"] * 3, detail="float16 throughout")).rows
    assert named.detail == "float16 throughout", "what arithmetic has a name does not depend on the machine"
    assert order_of_magnitude(BEYOND) == "> 1"


def test_what_is_wrong_is_shown_in_full_and_what_cannot_be_told_is_not():
    wrong, unclear, failed = committed(compared(["wrong", "cannot tell", "failed"])).rows
    assert (wrong.digits, wrong.entry, wrong.error_ratio) == (7, "[0]", 5.0)
    assert (unclear.digits, unclear.entry, failed.digits, failed.error_ratio) == (None, "", None, None)


def test_digits_of_what_agrees_or_is_wrong_change_the_reports(tmp_path):
    for verdict in ("agrees", "wrong"):
        folders = [tmp_path / f"{verdict}{digits}" for digits in (3, 4)]
        found = [written_reports(compared([verdict] * 3, digits=int(folder.name[-1])), folder) for folder in folders]
        changed = {str(name) for name in found[0] if found[0][name] != found[1][name]}
        assert changed >= {"results.csv", "README.md", "implementations/matrices.md"}
