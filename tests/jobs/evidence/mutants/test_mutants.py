"""Mutation testing: mutants are made, the check kills those that are wrong, and the others have their reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.jobs.evidence.mutants import run
from harness.jobs.evidence.mutants.report import (
    Reason,
    known_reasons,
    mutants_document,
    one_line,
    outdated,
    unexplained,
)
from harness.jobs.evidence.mutants.run import Fate, Mutant, fates, mutants_of
from harness.reporting.markdown import rendered
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import find_implementations, python_implementations

ROOT = Path(__file__).resolve().parents[4]


def test_each_mutant_is_one_change():
    pytest.importorskip("cosmic_ray", reason="cosmic-ray is not installed; `nox -s mutants` has it")
    source = '"""1 - 2"""\n\ndef f(a, b):\n    return a[0] - b  # 1 - 2\n'
    found = list(mutants_of(source))
    assert {m.before for m in found} == {"return a[0] - b  # 1 - 2"}
    assert {m.line for m in found} == {4}
    assert {m.operator.split("_")[0] for m in found} == {"ReplaceBinaryOperator", "NumberReplacer"}
    assert len({m.text for m in found}) == len(found) == 11 + 2
    assert source.replace("[0] -", "[0] +") in {m.text for m in found}


def test_the_check_kills_what_is_worse_and_lets_the_equivalent_live(monkeypatch):
    changes = [
        ("error = a[-1] - t", "error = a[-1] + t"),
        ("w - learning_rate * g", "w - learning_rate @ g"),
        ("if network.cost.name !=", "if len(x) > 1 or network.cost.name !="),
        ("deltas, strict=True)", "deltas, strict=False)"),
    ]
    monkeypatch.setattr(
        run,
        "mutants_of",
        lambda source: (Mutant("by hand", 1, old, new, source.replace(old, new)) for old, new in changes),
    )
    with Server() as server:
        found = list(fates(server, find_implementations(["row_matrices"])[0], seed=1))
    assert [fate.killed for fate in found] == ["out of bounds", "failed", "refuses", ""]


def test_the_report_counts_and_shows_what_is_unexplained():
    made = [
        Fate("mine", Mutant("NumberReplacer", 3, "x = a[-1] | 1", f"x = a[-{n}] | 1", ""), killed)
        for n, killed in [(2, "failed"), (3, "out of bounds"), (4, ""), (5, "")]
    ]
    known = {
        ("mine", "x = a[-1] | 1", "x = a[-4] | 1"): Reason(True, "They are the same."),
        ("mine", "gone", "gone too"): Reason(False, "It was there."),
    }
    assert unexplained(made, known) == [made[3]]
    assert outdated(made, known) == [("mine", "gone", "gone too")]
    page = rendered(mutants_document(made, known, seed=1), "mutants")
    [row] = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if "| mine " in line]
    assert row == ["mine", "4", "1", "1", "0", "2", "1", "50.0 %", "66.6 %"]
    assert page.index("## Unexplained") < page.index("a[-⟦1 → 5⟧] \\| 1") < page.index("They are the same.")
    assert page.index("They are the same.") < page.index("a[-⟦1 → 4⟧] \\| 1")
    assert "It was there." not in page
    assert one_line("if a == b:", "if not a == b:") == "`if ⟦nothing → not ⟧a == b:`"
    assert one_line("@property", "") == "`⟦@property → nothing⟧`"


def test_every_reason_is_of_a_line_that_stands_and_the_report_has_no_open_end():
    lines = {
        one.name: {line.strip() for line in one.path.read_text("utf-8").splitlines()}
        for one in python_implementations()
    }
    for name, before, after in known_reasons():
        assert before in lines[name], f"survivors.toml explains a line that {name} does not have: {before}"
        assert before != after
    report = (ROOT / "reports" / "mutants.md").read_text(encoding="utf-8")
    assert "Unexplained" not in report
    assert all(f"| {name} " in report for name in lines), "run `nox -s mutants` and commit reports/"
