"""Results for other programs: what they say is what the table says."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from support.commands import harness, in_process

from harness.cases.standard import standard_cases
from harness.jobs.compare.changes import changes, read
from harness.jobs.compare.report.exports import badge, write_json, write_junit
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison, Selection
from harness.model.errors import BadTable
from harness.sandbox.sources.find import find_implementations

REPORTS = Path(__file__).resolve().parents[3] / "reports"
CASES = tuple(case for case in standard_cases() if case.id.startswith("xor") and not case.online)[:3]
BAD_TEXT = 'says <b> & "no"\x00\x1b\ufffe]]>'


def comparison(verdicts):
    """A comparison with one row a case for each implementation, by their verdicts."""
    implementations = find_implementations(list(verdicts))
    rows = [
        Row(name, case.id, "w", 1, verdict=verdict, detail=BAD_TEXT)
        for name, given in verdicts.items()
        for case, verdict in zip(CASES, given, strict=True)
    ]
    return Comparison(Selection(implementations, CASES, complete=False), rows, [], 1.0, 1.0, 1)


def written(write, compared, folder):
    """What a function writes into a file, as text."""
    write(compared, folder / "file")
    return (folder / "file").read_text(encoding="utf-8")


MIXED = {
    "row_matrices": ["agrees", "agrees", "unsupported"],
    "neuron_loop": ["agrees", "wrong", "agrees"],
    "finite_differences": ["inaccurate", "agrees", "agrees"],
}


def test_the_badge_counts_who_agrees_and_the_cases_without_bad_news():
    assert len(CASES) == 3
    one = json.loads(badge(comparison(MIXED)))
    assert one == {
        "schemaVersion": 1,
        "label": "gradproof",
        "message": "1 formulations agree · 2/3 cases",
        "color": "red",
    }
    assert json.loads(badge(comparison({"row_matrices": ["agrees"] * 3})))["color"] == "brightgreen"


def test_junit_fails_what_is_wrong_skips_what_was_refused_and_holds_any_text(tmp_path):
    suites = ElementTree.fromstring(written(write_junit, comparison(MIXED), tmp_path))
    counts = {suite.get("name"): [suite.get(name) for name in ("tests", "failures", "skipped")] for suite in suites}
    assert counts == {
        "row_matrices": ["3", "0", "1"],
        "neuron_loop": ["3", "1", "0"],
        "finite_differences": ["3", "0", "0"],
    }
    [failure] = suites.iter("failure")
    assert failure.get("message") == "w of layer 1: wrong"
    assert failure.text == 'says <b> & "no"���]]>'


def test_json_has_every_row_and_no_number_that_json_lacks(tmp_path):
    found = json.loads(written(write_json, comparison(MIXED), tmp_path), parse_constant=pytest.fail)
    assert [row["verdict"] for row in found["results"]] == [verdict for given in MIXED.values() for verdict in given]
    assert found["results"][0]["error_ratio"] is None
    assert found["implementations"] == list(MIXED)
    assert found["cases"] == [case.id for case in CASES]


HEAD = "implementation,case,quantity,layer,digits,verdict\n"


@pytest.mark.parametrize(
    ("before", "now", "worse", "other", "digits"),
    [
        ("agrees", "agrees", 0, 0, 0),
        ("agrees", "wrong", 1, 0, 0),
        ("wrong", "agrees", 0, 1, 0),
        ("inaccurate", "wrong", 1, 0, 0),
        ("failed", "wrong", 0, 1, 0),
        ("agrees", "unsupported", 1, 0, 0),
        ("unsupported", "agrees", 0, 1, 0),
        ("agrees", None, 1, 0, 0),
        ("wrong", None, 0, 1, 0),
        (None, "agrees", 0, 1, 0),
        (None, "wrong", 1, 0, 0),
    ],
)
def test_a_verdict_is_worse_where_less_is_right_or_less_is_run(tmp_path, before, now, worse, other, digits):
    paths = []
    for name, verdict in (("old", before), ("new", now)):
        rows = f"a,case,w,1,13,{verdict}\n" if verdict else ""
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(f"{HEAD}{rows}a,other,w,1.0,13.0,agrees\n", encoding="utf-8")
    found = changes(*map(read, paths))
    assert (len(found.worse), len(found.other), len(found.digits)) == (worse, other, digits)
    done = in_process("diff", *map(str, paths))
    assert done.returncode == (1 if worse else 0), done.stdout


@pytest.mark.parametrize(
    ("before", "now", "worse", "other"),
    [
        (["0,,failed"], ["1,9,wrong", "2,9,agrees"], 0, 2),
        (["1,9,agrees", "2,9,agrees"], ["0,,failed"], 1, 0),
        (["0,,unsupported"], ["1,9,agrees", "2,9,agrees"], 0, 2),
        (["1,9,wrong", "2,9,agrees"], ["0,,failed"], 1, 0),
        (["0,,failed"], ["0,,failed"], 0, 0),
    ],
)
def test_a_failure_is_one_row_for_all_layers(tmp_path, before, now, worse, other):
    paths = [tmp_path / "old.csv", tmp_path / "new.csv"]
    for path, rows in zip(paths, (before, now), strict=True):
        path.write_text(HEAD + "".join(f"a,case,w,{row}\n" for row in rows), encoding="utf-8")
    found = changes(*map(read, paths))
    assert (len(found.worse), len(found.other)) == (worse, other)


def test_a_row_that_stands_twice_is_refused_and_names_keep_their_point(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(f"{HEAD}a,case,w,1,9,wrong\na,case,w,1.0,9,agrees\n", encoding="utf-8")
    with pytest.raises(BadTable, match="expected each row once, found a, case, w, 1 twice"):
        read(path)
    path.write_text(f"{HEAD}v1,case,w,1,9,wrong\nv1.0,case,w,1,9,agrees\n", encoding="utf-8")
    assert len(read(path)) == 2


def test_digits_come_after_verdicts_and_do_not_fail(tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(f"{HEAD}a,case,w,1,13,agrees\na,case,b,1,9,agrees\n", encoding="utf-8")
    new.write_text(f"{HEAD}a,case,w,1,12,agrees\na,case,b,1,9,inaccurate\n", encoding="utf-8")
    done = harness("diff", old, new)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1] == "  a, case, b of layer 1: agrees -> inaccurate"
    assert lines[3] == "  a, case, w of layer 1: 13 -> 12"
    assert lines[-1] == "1 worse, 0 other verdicts, 1 digits changed, of 2 rows."
    assert in_process("diff", str(REPORTS / "results.csv"), str(REPORTS / "results.csv")).returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected a results.csv, found: No such file"),
        (f"{HEAD}a,case,w\n", "line 2: expected as many fields as there are columns"),
        (f"{HEAD}a,case,w,1,13,bogus\x1b[31m\n", "line 2: expected a verdict, found 'bogus\\x1b[31m'"),
        ("a,b\n1,2\n", "expected the columns of a results.csv"),
        ("", "found none that is called 'implementation'"),
        (f"{HEAD}a,case,w,1,13,agrees\na,case,b,1,9,agrees", "line 3: expected a line that ends, found one that"),
        (f"{HEAD}a,case,w,1,many,agrees\n", "line 2: expected a whole number as digits, found 'many'"),
        (f"{HEAD}a,case,w,1,13,\0\n", "line 2: expected a results.csv, found: no text"),
        (f"{HEAD}a,case,w,first,13,agrees\n", "line 2: expected a whole number as layer, found 'first'"),
        (b"\xff\xfe", "expected a results.csv, found: no text"),
    ],
)
def test_what_is_no_table_of_results_is_one_line_and_status_2(tmp_path, text, message):
    path = tmp_path / "one.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = in_process("diff", str(path), str(REPORTS / "results.csv"))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_json_of_a_selection_and_a_place_where_it_cannot_go(tmp_path):
    path = tmp_path / "found.json"
    done = harness("compare", "--only", "row_matrices", "--case", "xor-2-1-sigmoid-batch4", "--json", str(path))
    assert done.returncode == 0
    assert {row["quantity"] for row in json.loads(path.read_text(encoding="utf-8"))["results"]} == {
        "w",
        "b",
        "delta",
        "update",
    }
    done = harness("compare", "--only", "row_matrices", "--json", str(tmp_path / "no" / "found.json"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
