"""The committed reports: what they claim is what a run says now, and no more than a machine can repeat."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support.commands import in_process
from support.results import written_reports
from support.running import table_of

from harness.cases.standard import standard_cases
from harness.jobs.compare.pairs import PairRow
from harness.jobs.compare.report.pages import page_of, pairwise, write_comparison
from harness.jobs.compare.report.views import error_ratio_by_quantity, order_of_magnitude, summary, verdict_counts
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.model.errors import UnusableInput
from harness.reporting.document import literal
from harness.reporting.files import first_line
from harness.sandbox.sources.find import available_implementations, find_implementations

REPORTS = Path(__file__).resolve().parents[3] / "reports"
KEYS = ["implementation", "case", "quantity", "layer"]
EVIDENCE = (
    "its error shrinks in higher precision",
    "its error changes completely when the inputs move slightly",
)
ARTICLES = ["neuron_loop", "row_matrices", "column_vectors", "fifteen_steps", "torch_autograd"]


def test_the_battery_is_as_large_and_as_varied_as_promised():
    cases = standard_cases()
    gradients = [case for case in cases if not case.online]
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


def test_the_committed_reports_are_those_of_today_to_the_byte(complete, tmp_path):
    write_comparison(complete, tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "data"]
    assert len(written) == 5 + len(complete.selection.implementations)
    for path in written:
        name = path.relative_to(tmp_path)
        assert (REPORTS / name).read_bytes() == path.read_bytes(), f"{name} is stale: run `nox -s compare`, and commit"


def test_the_language_is_said_wherever_implementations_are_listed():
    overview, listed = (REPORTS / "README.md").read_text(encoding="utf-8"), in_process("list").stdout
    facts = json.loads((REPORTS / "data" / "compare.json").read_text(encoding="utf-8"))["implementations"]
    implementations = available_implementations()
    assert len({one.language for one in implementations}) >= 8
    assert [(one["name"], one["language"]) for one in facts] == [(one.name, one.language) for one in implementations]
    for one in implementations:
        of_one = (REPORTS / "implementations" / f"{one.name}.md").read_text(encoding="utf-8")
        assert f"\nLanguage: {literal(one.language)}.\n" in of_one
        assert f"](implementations/{one.name}.md) ({literal(one.language)}): " in overview
        assert re.search(rf"^  {one.name} +{re.escape(one.language)} +\S", listed, re.MULTILINE)


def elsewhere(comparison, seed):
    """The comparison as another processor may give it: other sums, other rounding."""
    source = random.Random(seed)
    rows, last = [], None
    for row in comparison.rows:
        # The first number of a call stays beyond its bound; of the others any may lie within.
        is_first, last = last != (row.implementation, row.case), (row.implementation, row.case)
        if row.verdict == "inaccurate" and row.bound is not None:
            error_ratio = row.error_ratio * 10 ** source.uniform(-2, 2)
            error_ratio = max(error_ratio, 2.0) if is_first else error_ratio
            verdict, detail = ("inaccurate", source.choice(EVIDENCE)) if error_ratio > 1 else ("agrees", "")
            error, digits = error_ratio * row.bound, source.randint(0, 13)
            row = row._replace(error_ratio=error_ratio, error=error, digits=digits, verdict=verdict, detail=detail)
        elif row.verdict == "agrees":
            row = row._replace(error_ratio=source.random(), error=source.random())
        if row.entry and row.bound is not None:  # earlier rows, of what cannot run here, have none
            row = row._replace(entry=f"[{source.randrange(9)}]", bound=row.bound * 1.01)
        rows.append(row._replace(seconds=source.random()))
    inaccurate = {row.implementation for row in comparison.rows if row.verdict == "inaccurate"}
    pairs = []
    for pair in comparison.pairs:
        if pair.quantity == "update" or {pair.one, pair.other} & inaccurate:
            fewest = source.randint(0, 13)
            pair = pair._replace(
                digits=fewest, most_digits=source.randint(fewest, 13), case=source.choice(standard_cases()).id
            )
        pairs.append(pair._replace(error=pair.error * source.uniform(0.5, 1)))
    return replace(comparison, rows=rows, pairs=pairs)


@pytest.mark.parametrize("seed", range(3))
def test_other_rounding_leaves_every_committed_report_as_it_is(complete, tmp_path, seed):
    here, there = (
        written_reports(one, tmp_path / name) for one, name in ((complete, "a"), (elsewhere(complete, seed), "b"))
    )
    assert here.keys() == there.keys()
    changed = [str(name) for name in here if here[name] != there[name]]
    assert sorted(changed) == ["data/pairs.csv", "data/results.csv"], "the exact figures are for the machine alone"


def test_the_summary_shows_the_worst_of_planted_digits():
    """The views on a table made by hand, where the worst layer, case and pair are known."""
    cases = tuple(case for case in standard_cases() if case.id in ("iris-4-3-sigmoid-batch8", "xor-2-1-sigmoid-batch4"))
    implementations = find_implementations(["row_matrices", "torch_autograd", "neuron_loop"])
    rows, pairs = [], []
    for implementation, by_case in {
        "row_matrices": (9, 12),
        "torch_autograd": (13, 13),
        "neuron_loop": (13, 3),
    }.items():
        for case, value in zip(cases, by_case, strict=True):
            verdict, error_ratio = "wrong" if value < 9 else "agrees", 10.0 ** (9 - value)
            measured = Row(
                implementation, case.id, "w", 1, entries=6, digits=value, verdict=verdict, error_ratio=error_ratio
            )
            rows.append(measured)
    for one, other, value in [
        ("row_matrices", "torch_autograd", 9),
        ("row_matrices", "neuron_loop", 4),
        ("torch_autograd", "neuron_loop", 3),
    ]:
        pairs.append(PairRow(one, other, "Real data, float64", "w", cases[0].id, 0.1, value, value + 2))
    selection = Selection(implementations, cases, complete=False)
    comparison = Comparison(selection, rows, pairs, inside=3.0, elapsed=2.0, jobs=2)
    heads, lines = summary(comparison, "Real data, float64")
    shown = dict(zip(heads, zip(*lines, strict=True), strict=True))
    assert list(shown["∂C/∂W"]) == ["9", "13", "3"]
    assert list(shown["with PyTorch"]) == ["9", "–", "3"]
    assert list(shown["worst other"]) == ["4 (neuron_loop)", "3 (neuron_loop)", "3 (torch_autograd)"]
    assert list(shown["worst agreeing other"]) == ["9 (torch_autograd)", "9 (row_matrices)", "3 (torch_autograd)"]
    assert list(shown["cases run"]) == ["2 of 2"] * 3
    assert comparison.share == 0.75
    units = error_ratio_by_quantity(comparison.tally, order_of_magnitude)
    assert units.heads == ["implementation", "∂C/∂W", "entries"]
    assert [row[1:] for row in units.rows] == [["≤ 1", "12"], ["≤ 1", "12"], ["< 10^7", "12"]]
    counts = verdict_counts(comparison.tally.of)
    assert counts.rows[0] == ["neuron_loop", 1, 1]
    assert counts.heads == ["implementation", "wrong", "agrees"]
    [matrix] = pairwise(comparison).chapters
    assert [row[1:] for row in matrix.blocks[0].rows] == [("", "9", "4"), ("9", "", "3"), ("4", "3", "")]
    [worst] = [part for part in page_of(implementations[2], comparison).chapters if part.title == "Worst cases"]
    [row] = worst.blocks[0].rows
    assert (row[0], row[1], row[5]) == (cases[1].id, "w", "wrong")


def test_the_articles_agree_on_all_real_data_to_13_digits(complete):
    """Articles 1 and 2, Nielsen, the corrected 15 Steps and PyTorch: deltas, gradients and displacement."""
    real = {case.id for case in standard_cases() if case.is_real and case.dtype == "float64" and not case.online}
    every = table_of(complete)
    table = every[every["case"].isin(real) & every["implementation"].isin(ARTICLES)]
    measured = table[table["digits"].notna()]
    print(measured.groupby("implementation")["case"].nunique().to_string())
    assert set(measured["implementation"]) == set(ARTICLES)
    assert set(measured["quantity"]) == {"delta", "w", "b", "update"}
    assert (measured["digits"] >= 13).all()
    pairs = pd.DataFrame(complete.pairs)
    mutual = pairs[
        (pairs["kind"] == "Real data, float64") & pairs["one"].isin(ARTICLES) & pairs["other"].isin(ARTICLES)
    ]
    judged = mutual[mutual["quantity"].isin({"delta", "w", "b", "update"})]
    print(f"{len(judged)} pairs of articles and quantities")
    assert (judged["error"] < 1e-13).all()
    assert measured.groupby("implementation")["case"].nunique().min() >= 8
    assert not table["verdict"].isin(["failed", "wrong", "cannot tell"]).any()


def test_nothing_is_wrong_or_failed_and_every_row_has_a_verdict(complete):
    table = table_of(complete)
    verdicts = table["verdict"]
    assert not verdicts.isin(["wrong", "failed", "cannot tell"]).any()
    unjudged = table[verdicts == ""]
    assert set(unjudged["quantity"]) == {"epoch1", "epoch20"}
    combinations = table.groupby(["implementation", "case"]).ngroups
    expected = len(complete.selection.implementations) * len(complete.selection.cases)
    print(f"{combinations} of {expected} implementation × case combinations are in the table")
    assert combinations == expected


def test_reports_hold_no_date_time_path_or_long_number(complete, tmp_path):
    write_comparison(complete, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "data"]
    files.append(tmp_path / "data" / "compare.json")
    assert len(files) == 6 + len(complete.selection.implementations)
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d|seconds", text), path.name
        assert not re.search(r"\d\.\d{3,}", text), path.name
        assert str(REPORTS.parent) not in text
        assert not re.search(r"\bnan\b", text, re.IGNORECASE), path.name


def test_two_writes_are_the_same_to_the_byte(complete, tmp_path):
    write_comparison(complete, tmp_path / "one")
    write_comparison(complete, tmp_path / "two")
    for path in (p for p in (tmp_path / "one").rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()


def test_the_page_of_a_removed_implementation_goes(complete, tmp_path):
    (tmp_path / "implementations").mkdir()
    (tmp_path / "implementations" / "gone.md").write_text(first_line("compare"), encoding="utf-8")
    (tmp_path / "implementations" / "notes.md").write_text("mine", encoding="utf-8")
    write_comparison(complete, tmp_path)
    assert not (tmp_path / "implementations" / "gone.md").exists()
    assert (tmp_path / "implementations" / "notes.md").read_text(encoding="utf-8") == "mine"


def test_a_file_that_is_no_report_is_not_replaced(complete, tmp_path):
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(UnusableInput, match="expected a report of ours or no file, found another"):
        write_comparison(complete, tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"
