"""Negative controls: implementations that are wrong on purpose, each of which must get its verdict in every report."""

from __future__ import annotations

import csv

import pytest
from support.running import RIGHT, compared, table_of, write

from harness.jobs.compare.report.pages import write_comparison
from harness.jobs.compare.run import select

CASES = ("iris-4-5-3-sigmoid-batch8", "random-5-6-4-3-sigmoid-small-batch8", "random-5-6-4-3-sigmoid-saturated-batch8")
CONTROLS = {
    "zeros": ("g = right(n, x, t); return Gradients([w * 0 for w in g.w], [b * 0 for b in g.b])", "wrong"),
    "not_a_number": ("g = right(n, x, t); return Gradients([w * np.nan for w in g.w], g.b)", "failed"),
    "always_the_first_case": ("if not kept: kept.append(right(n, x, t))\n    return kept[0]", "failed"),
    "off_in_one_entry": ("g = right(n, x, t); g.w[0][2, 1] *= 1 + 1e-9; return g", "wrong"),
    "one_sign": ("g = right(n, x, t); g.b[0][1] *= -1; return g", "wrong"),
    "float32_roundoff": (
        "g = right(n, x, t); f = lambda a: a.astype('float32').astype(float)\n"
        "    return Gradients([f(w) for w in g.w], [f(b) for b in g.b], [f(d) for d in g.delta])",
        "inaccurate",
    ),
    "right": ("return right(n, x, t)", "agrees"),
}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controls")
    files = [
        write(folder, name, f"{RIGHT}\ndef backprop(n, x, t):\n    {body}\n") for name, (body, _) in CONTROLS.items()
    ]
    return compared(select(",".join(str(f.path) for f in files), ",".join(CASES)), 1)


def worst(verdicts):
    order = ["failed", "wrong", "inaccurate", "cannot tell", "agrees"]
    return min(set(verdicts) - {"unsupported"}, key=order.index)


@pytest.mark.parametrize("name", CONTROLS)
def test_each_control_gets_its_verdict(comparison, name):
    table = table_of(comparison)
    rows = table[table["implementation"] == name]
    assert worst(rows["verdict"]) == CONTROLS[name][1]
    assert rows["case"].nunique() == len(CASES)


@pytest.mark.parametrize("case", CASES)
def test_the_controls_are_caught_on_every_case_alone(comparison, case):
    table = table_of(comparison)
    for name, (_, expected) in CONTROLS.items():
        rows = table[(table["implementation"] == name) & (table["case"] == case)]
        if name != "always_the_first_case":
            assert worst(rows["verdict"]) == expected, name


def test_the_truth_of_one_case_fails_on_every_other(comparison):
    table = table_of(comparison)
    rows = table[table["implementation"] == "always_the_first_case"]
    verdicts = rows.groupby("case")["verdict"].agg(worst)
    assert sorted(verdicts) == ["agrees", "failed", "failed"]


def test_only_numbers_out_of_bounds_are_called_wrong(comparison):
    table = table_of(comparison)
    one_sign = table[(table["implementation"] == "one_sign") & table["verdict"].isin(["wrong", "inaccurate"])]
    assert set(zip(one_sign["quantity"], one_sign["layer"], strict=True)) == {("b", 1)}
    assert set(one_sign["entry"]) == {"[1]"}


def test_every_report_shows_the_verdict(comparison, tmp_path):
    write_comparison(comparison, tmp_path)
    overview = (tmp_path / "README.md").read_text(encoding="utf-8")
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name, (_, expected) in CONTROLS.items():
        page = (tmp_path / "implementations" / f"{name}.md").read_text(encoding="utf-8")
        assert expected in page
        assert name in overview
        assert worst(row["verdict"] for row in rows if row["implementation"] == name) == expected
    verdicts = overview[overview.index("## Verdicts") : overview.index("## Worst error")]
    header = next(line for line in verdicts.splitlines() if line.startswith("| implementation"))
    column = [cell.strip() for cell in header.split("|")].index("wrong")
    counted = {
        line.split("|")[1].strip(): line.split("|")[column].strip()
        for line in verdicts.splitlines()
        if line.startswith("| ") and line.split("|")[1].strip() in CONTROLS
    }
    assert counted["right"] == "0"
    assert counted["one_sign"] == "3"
