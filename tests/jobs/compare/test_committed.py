"""The committed reports say nothing that depends on the machine: rounding may be other rounding."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from harness.cases.standard import standard_cases
from harness.jobs.compare.report.committed import ARITHMETIC, BEYOND, committed
from harness.jobs.compare.report.pages import write_comparison
from harness.jobs.compare.report.views import order_of_magnitude
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.judging.evidence import STORED_IN_FLOAT16
from harness.sandbox.loading import find_implementations

EVIDENCE = (
    "its error shrinks in higher precision",
    "its error changes completely when the inputs move slightly",
)
CASES = tuple(case for case in standard_cases() if case.id.startswith("xor") and not case.online)


def elsewhere(comparison, seed):
    """The comparison as another processor may give it: other sums, other rounding."""
    source = random.Random(seed)
    rows, last = [], None
    for row in comparison.rows:
        # The first number of a call stays beyond its bound; of the others any may lie within.
        is_first, last = last != (row.implementation, row.case), (row.implementation, row.case)
        if row.verdict == "inaccurate":
            error_ratio = row.error_ratio * 10 ** source.uniform(-2, 2)
            error_ratio = max(error_ratio, 2.0) if is_first else error_ratio
            verdict, detail = ("inaccurate", source.choice(EVIDENCE)) if error_ratio > 1 else ("agrees", "")
            error, digits = error_ratio * row.bound, source.randint(0, 13)
            row = row._replace(error_ratio=error_ratio, error=error, digits=digits, verdict=verdict, detail=detail)
        elif row.verdict == "agrees":
            row = row._replace(error_ratio=source.random(), error=source.random())
        if row.entry:
            row = row._replace(entry=f"[{source.randrange(9)}]", bound=row.bound * 1.01)
        rows.append(row._replace(seconds=source.random()))
    inaccurate = {row.implementation for row in comparison.rows if row.verdict == "inaccurate"}
    pairs = []
    for pair in comparison.pairs:
        if pair.quantity == "update" or {pair.one, pair.other} & inaccurate:
            fewest = source.randint(0, 13)
            pair = pair._replace(digits=fewest, most_digits=source.randint(fewest, 13), case=source.choice(CASES).id)
        pairs.append(pair._replace(error=pair.error * source.uniform(0.5, 1)))
    return replace(comparison, rows=rows, pairs=pairs)


def reports(comparison, folder):
    write_comparison(comparison, folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("seed", range(3))
def test_other_rounding_leaves_every_committed_report_as_it_is(complete, tmp_path, seed):
    here, there = (reports(one, tmp_path / name) for one, name in ((complete, "a"), (elsewhere(complete, seed), "b")))
    assert here.keys() == there.keys()
    changed = [str(name) for name in here if here[name] != there[name]]
    assert sorted(changed) == ["data/pairs.csv", "data/results.csv"], "the exact figures are for the machine alone"


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
    assert [(row.error_ratio, row.entry, row.detail) for row in (w, b)] == [(BEYOND, "", ARITHMETIC)] * 2
    [stored, *_] = committed(compared(["inaccurate"] * 3, detail=STORED_IN_FLOAT16.reason)).rows
    assert stored.detail == STORED_IN_FLOAT16.reason, (
        "which numbers are stored in float16 does not depend on the machine"
    )
    assert order_of_magnitude(BEYOND) == "> 1"


def test_what_is_wrong_is_shown_in_full_and_what_cannot_be_told_is_not():
    wrong, unclear, failed = committed(compared(["wrong", "cannot tell", "failed"])).rows
    assert (wrong.digits, wrong.entry, wrong.error_ratio) == (7, "[0]", 5.0)
    assert (unclear.digits, unclear.entry, failed.digits, failed.error_ratio) == (None, "", None, None)


def test_digits_of_what_agrees_or_is_wrong_change_the_reports(tmp_path):
    for verdict in ("agrees", "wrong"):
        folders = [tmp_path / f"{verdict}{digits}" for digits in (3, 4)]
        found = [reports(compared([verdict] * 3, digits=int(folder.name[-1])), folder) for folder in folders]
        changed = {str(name) for name in found[0] if found[0][name] != found[1][name]}
        assert changed >= {"results.csv", "README.md", "implementations/matrices.md"}
