"""A machine without a toolchain keeps the earlier results of the implementations that cannot run there."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.commands import completed
from support.results import written_reports

from harness.cases.standard import standard_cases
from harness.jobs.compare.pairs import PairRow
from harness.jobs.compare.report.committed import BEYOND
from harness.jobs.compare.report.kept import Kept, kept_results, with_kept
from harness.jobs.compare.report.terminal import print_not_run
from harness.jobs.compare.report.views import order_of_magnitude
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.jobs.page.damage import raised
from harness.sandbox.sources import toolchains
from harness.sandbox.sources.find import find_implementations

REPORTS = Path(__file__).resolve().parents[3] / "reports"
CASES = tuple(case for case in standard_cases() if case.id.startswith("xor") and not case.online)[:2]
NAMES = ["javascript_loops", "matrices", "rust_iterators"]
KIND = "Real data, float64"
WHY = "JavaScript needs node, which is not here: apt install nodejs"
RATIOS = [0.5, 1.0, BEYOND, 5.0, 9.9, *(10.0**power for power in range(1, 18)), 1234.5, float("inf")]
PATCHED = """
import sys
from harness.__main__ import main
from harness.cases.standard import standard_cases
from harness.jobs.compare import run
from harness.sandbox.sources.find import find_implementations

run.available_implementations = lambda: find_implementations(["javascript_loops", "matrices"])
run.standard_cases = lambda: [case for case in standard_cases() if case.id == "xor-2-1-sigmoid-batch4"]
sys.exit(main(["compare", "--jobs", "1", "--reports", sys.argv[1]]))
"""


@pytest.fixture
def no_toolchains(monkeypatch):
    """A machine on which nothing but Python is."""
    monkeypatch.setattr(toolchains.shutil, "which", lambda _: None)


def compared(cases=CASES, pairs=()):
    """A comparison of three implementations: one row a case, wrong in every way."""
    ratios = iter(RATIOS[2:])  # what is wrong is above 1
    rows = [
        Row(name, case.id, "w", 1, "[0]", 0.1, 0.2, next(ratios), 6, 7, verdict="wrong", detail='a "b", c')
        for name in NAMES
        for case in cases
    ]
    return Comparison(Selection(find_implementations(NAMES), cases, complete=True), rows, list(pairs), 1.0, 1.0, 1)


def run_of(comparison, kept):
    """What a machine gives that cannot run those that are kept."""
    rows = [row for row in comparison.rows if row.implementation not in kept.names]
    pairs = [pair for pair in comparison.pairs if not {pair.one, pair.other} & kept.names]
    return replace(comparison, selection=kept.to_run(comparison.selection), rows=rows, pairs=pairs)


def pair(one, other, quantity, fewest, most):
    return PairRow(one, other, KIND, quantity, CASES[0].id, 0.1, fewest, most)


def test_every_committed_report_is_the_same_where_no_toolchain_is(complete, tmp_path, no_toolchains):
    kept = kept_results(complete.selection, REPORTS, raised)
    programs = {one.name for one in complete.selection.implementations if one.language != "Python"}
    assert kept.names == programs
    ran = run_of(complete, kept)
    assert {one.language for one in ran.selection.implementations} == {"Python"}
    of_all = with_kept(ran, complete.selection, kept)
    written = written_reports(of_all, tmp_path)
    for name in (name for name in written if name.suffix != ".csv" or name.parent.name != "data"):
        assert written[name] == (REPORTS / name).read_bytes(), name


def test_what_is_kept_makes_the_reports_that_it_is_from(tmp_path, no_toolchains):
    pairs = [
        pair("javascript_loops", "matrices", "w", 4, 13),
        pair("javascript_loops", "rust_iterators", "w", 0, 10),
        pair("matrices", "rust_iterators", "w", 9, 9),
        pair("javascript_loops", "rust_iterators", "b", 5, 6),
    ]
    first = compared(pairs=pairs)
    before = written_reports(first, tmp_path / "one")
    facts = json.loads(before[Path("data/compare.json")])["pairs"]
    assert [(one["quantity"], one["fewest"], one["most"]) for one in facts] == [
        ("w", "40 9", "da 9"),
        ("b", "-5 -", "-6 -"),
    ]
    kept = kept_results(first.selection, tmp_path / "one", raised)
    assert kept.names == {"javascript_loops", "rust_iterators"}
    after = written_reports(with_kept(run_of(first, kept), first.selection, kept), tmp_path / "two")
    assert {name for name in before if before[name] != after[name]} == {
        Path("data/results.csv"),
        Path("data/pairs.csv"),
    }


@pytest.mark.parametrize("ratio", RATIOS)
def test_an_error_ratio_that_is_kept_is_shown_as_before(tmp_path, no_toolchains, ratio):
    first = compared()
    rows = [row._replace(error_ratio=ratio) for row in first.rows]
    written_reports(replace(first, rows=rows), tmp_path)
    kept = kept_results(first.selection, tmp_path, raised)
    assert {order_of_magnitude(row.error_ratio) for row in kept.rows} == {order_of_magnitude(ratio)}


def test_a_case_that_is_new_is_unsupported_and_one_that_is_gone_is_not_kept(tmp_path, no_toolchains):
    written_reports(compared(CASES[:1]), tmp_path)
    selection = compared(CASES).selection
    kept = kept_results(selection, tmp_path, raised)
    mine = [row for row in kept.rows if row.implementation == "javascript_loops"]
    assert [row.verdict for row in mine if row.case == CASES[0].id] == ["wrong"]
    added = [row for row in mine if row.case == CASES[1].id]
    assert [row.quantity for row in added] == ["delta", "w", "b", "update"]
    assert {(row.verdict, row.detail) for row in added} == {("unsupported", WHY)}
    assert not kept_results(replace(selection, cases=CASES[1:]), tmp_path, raised).names


def test_the_committed_rows_are_of_the_sources_as_they_are(no_toolchains):
    selection = compared().selection
    kept = kept_results(selection, REPORTS, raised)
    assert kept.sources.keys() == kept.names == {"javascript_loops", "rust_iterators"}
    assert not any(map(kept.is_outdated, selection.implementations)), "run nox -s compare, and commit reports/"


def test_rows_of_an_older_source_are_said_to_be_until_it_runs_again(tmp_path, no_toolchains, capsys):
    source = tmp_path / "mine.js"
    source.write_text("// one", encoding="utf-8")
    first = compared()
    one, *others = first.selection.implementations
    selection = replace(first.selection, implementations=(replace(one, path=source), *others))
    first = replace(first, selection=selection)
    written_reports(first, tmp_path / "reports")
    assert not kept_results(selection, tmp_path / "reports", raised).is_outdated(selection.implementations[0])
    source.write_text("// two", encoding="utf-8")
    for _ in range(2):  # reports of kept rows say it too
        kept = kept_results(selection, tmp_path / "reports", raised)
        print_not_run(selection, kept)
        said = "the reports keep its earlier rows. Warning: the kept rows are of an older version of mine.js\n"
        assert f"Not run: javascript_loops: {WHY}; {said}" in capsys.readouterr().out
        written_reports(with_kept(run_of(first, kept), selection, kept), tmp_path / "reports")
    written_reports(first, tmp_path / "reports")
    print_not_run(selection, kept_results(selection, tmp_path / "reports", raised))
    assert "Warning" not in capsys.readouterr().out


def test_reports_without_digests_say_nothing_of_sources(tmp_path, no_toolchains):
    first = compared()
    written_reports(first, tmp_path)
    path = tmp_path / "data" / "compare.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [one["name"] for one in data.pop("sources")] == ["javascript_loops", "rust_iterators"]
    path.write_text(json.dumps(data) + "\n", encoding="utf-8")
    kept = kept_results(first.selection, tmp_path, raised)
    assert kept.names
    assert not any(map(kept.is_outdated, first.selection.implementations))
    again = written_reports(with_kept(run_of(first, kept), first.selection, kept), tmp_path / "two")
    assert json.loads(again[Path("data/compare.json")])["sources"] == []


def test_nothing_is_kept_where_all_toolchains_are_or_no_reports(tmp_path, monkeypatch):
    selection = compared().selection
    monkeypatch.setattr(toolchains.shutil, "which", lambda _: None)
    assert kept_results(selection, tmp_path, raised) == Kept()
    written_reports(compared(), tmp_path)
    (tmp_path / "data" / "compare.json").unlink()
    assert kept_results(selection, tmp_path, raised) == Kept()
    monkeypatch.setattr(toolchains.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert kept_results(selection, REPORTS, raised) == Kept()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("results.csv", "> 1,", "5.0,", "expected an order of magnitude as error_ratio, found '5.0'; "),
        ("results.csv", ",wrong,", ",bad,", "expected a verdict, found 'bad'"),
        ("data/compare.json", '"sha256"', '"md5"', "sources[0]: expected an object with name, sha256, found "),
        ("data/compare.json", '"pairs"', '"none"', "expected an object with 'pairs', found "),
        ("data/compare.json", '"fewest": "d', '"fewest": "', "pairs[0].fewest: expected 3 characters, each a hexa"),
        ("data/compare.json", '"most": "d', '"most": "g', "pairs[0].most: expected 3 characters, each a hexa"),
    ],
)
def test_of_a_damaged_file_nothing_is_kept_and_it_is_said(tmp_path, no_toolchains, name, old, new, message):
    comparison = compared(pairs=[pair("javascript_loops", "matrices", "w", 13, 13)])
    written_reports(replace(comparison, rows=[row._replace(error_ratio=5.0) for row in comparison.rows]), tmp_path)
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    problems = []
    assert kept_results(comparison.selection, tmp_path, problems.append) == Kept()
    [problem] = map(str, problems)
    assert message in problem


@pytest.mark.parametrize("is_known", [True, False])
def test_the_command_says_what_did_not_run_and_what_becomes_of_it(tmp_path, is_known):
    if is_known:
        (tmp_path / "data").mkdir()
        for name in ("results.csv", "data/compare.json"):
            shutil.copy(REPORTS / name, tmp_path / name)
    done = completed([sys.executable, "-c", PATCHED, tmp_path], env={"PATH": str(tmp_path / "nowhere")})
    assert (done.returncode, done.stderr) == (0, "")
    rest = "the reports keep its earlier rows" if is_known else "its cases are unsupported"
    assert f"\nNot run: javascript_loops: {WHY}; {rest}\n1 of 2 implementations ran.\n" in done.stdout
    page = (tmp_path / "implementations" / "javascript_loops.md").read_text(encoding="utf-8")
    assert f"Cases run: {1 if is_known else 0} of 1." in page
    assert (WHY in page) != is_known
