"""The committed reports: what they claim is what a run says now, and no more than a machine can repeat."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from harness.cases import standard_cases
from harness.report import COMMITTED_COLUMNS, write

REPORTS = Path(__file__).resolve().parent.parent / "reports"
KEYS = ["implementation", "case", "quantity", "layer"]
ARTICLES = ["neuron_loop", "row_matrices", "column_vectors", "fifteen_steps", "torch_autograd"]


def test_the_battery_is_as_large_and_as_varied_as_promised():
    cases = standard_cases()
    gradients = [case for case in cases if not case.epochs]
    print(f"{len(cases)} cases, {len(gradients)} of them gradients")
    assert len({case.id for case in cases}) == len(cases) >= 40
    assert {len(case.widths) - 2 for case in gradients} >= {0, 1, 2, 3, 4}
    assert {case.hidden for case in cases} >= {"sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity"}
    assert {case.cost for case in cases} == {"half_squared_error", "binary_cross_entropy", "cross_entropy"}
    assert {case.dtype for case in cases} == {"float32", "float64"}
    assert {case.flag for case in cases} >= {"saturated", "dead", "small", "bias"}
    assert {case.widths[-1] == 1 for case in cases} == {case.batch == 1 for case in cases} == {True, False}
    unequal = [case for case in gradients if len(set(case.widths)) == len(case.widths)]
    assert len(unequal) > len(gradients) / 2


def test_the_committed_verdicts_and_counts_are_those_of_today(complete):
    stored = pd.read_csv(REPORTS / "results.csv", keep_default_na=False)
    assert list(stored.columns) == COMMITTED_COLUMNS
    today = complete.table[[*KEYS, "verdict"]]
    merged = stored[[*KEYS, "verdict"]].merge(
        today, on=KEYS, how="outer", suffixes=("_stored", "_today"), indicator=True
    )
    stale = merged[(merged["_merge"] != "both") | (merged["verdict_stored"] != merged["verdict_today"])]
    assert stale.empty, f"run `nox -s compare` and commit reports/; stale:\n{stale.head(20).to_string()}"


def test_the_articles_agree_on_all_real_data_to_13_digits(complete):
    """Articles 1 and 2, Nielsen, the corrected 15 Steps and PyTorch: deltas, gradients and displacement."""
    real = {case.id for case in standard_cases() if case.is_real and case.dtype == "float64" and not case.epochs}
    table = complete.table[complete.table["case"].isin(real) & complete.table["implementation"].isin(ARTICLES)]
    measured = table[table["digits"].notna()]
    print(measured.groupby("implementation")["case"].nunique().to_string())
    assert set(measured["implementation"]) == set(ARTICLES)
    assert set(measured["quantity"]) == {"delta", "w", "b", "update"}
    assert (measured["error"] < 1e-13).all()
    assert measured.groupby("implementation")["case"].nunique().min() >= 8
    assert not table["verdict"].isin(["failed", "wrong", "cannot tell"]).any()


def test_nothing_is_wrong_or_failed_and_every_row_has_a_verdict(complete):
    verdicts = complete.table["verdict"]
    assert not verdicts.isin(["wrong", "failed", "cannot tell"]).any()
    unjudged = complete.table[verdicts == ""]
    assert set(unjudged["quantity"]) == {"epoch1", "epoch20"}
    combinations = complete.table.groupby(["implementation", "case"]).ngroups
    expected = len(complete.selection.implementations) * len(complete.selection.cases)
    print(f"{combinations} of {expected} implementation × case combinations are in the table")
    assert combinations == expected


def test_reports_hold_no_date_time_path_or_long_number(complete, tmp_path):
    write(complete, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "data" not in path.parts]
    assert len(files) == 3 + len(complete.selection.implementations)
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d|seconds", text), path.name
        assert not re.search(r"\d\.\d{3,}", text), path.name
        assert str(REPORTS.parent) not in text
        assert "nan" not in text.lower().replace("finance", ""), path.name


def test_two_writes_are_the_same_to_the_byte(complete, tmp_path):
    write(complete, tmp_path / "one")
    write(complete, tmp_path / "two")
    for path in (p for p in (tmp_path / "one").rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_the_page_of_a_removed_implementation_goes(complete, tmp_path):
    (tmp_path / "implementations").mkdir()
    (tmp_path / "implementations" / "gone.md").touch()
    write(complete, tmp_path)
    assert not (tmp_path / "implementations" / "gone.md").exists()
