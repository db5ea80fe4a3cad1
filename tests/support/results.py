"""Results and reports made by hand, as large and as hostile as a test needs them."""

from __future__ import annotations

import csv

from harness.jobs.compare.report import pages
from harness.jobs.compare.report.exports import COMMITTED_COLUMNS
from harness.reporting.document import Document
from harness.reporting.markdown import write_data, write_report

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "<!--<script>",
    "javascript:alert(1)",
]


def write_results(folder, implementations, cases_count, *, names=None, cases=None, detail="", wrong=frozenset()):
    """Write results.csv: every implementation on every case, two layers with ∂C/∂W, ∂C/∂b and δ each; all agree but
    those in `wrong`. Cases that are not named are described in data/compare.json."""
    names = names or [f"formulation_{number}" for number in range(implementations)]
    datasets = ("iris", "wine", "digits", "random", "mine")
    described = [
        {
            "id": f"{datasets[number % 5]}-4-{3 + number // 5}-2-sigmoid-batch{2 + number}",
            "dataset": datasets[number % 5],
        }
        for number in range(cases_count)
    ]
    if cases is None:
        write_comparison(folder, cases=described)
        cases = [case["id"] for case in described]
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COMMITTED_COLUMNS)
        for i, name in enumerate(names[:implementations]):
            for c, case in enumerate(cases):
                is_wrong = (name, case) in wrong
                for quantity in ("w", "b", "delta"):
                    for layer in (1, 2):
                        digits = 9 + (i + 3 * c + layer) % 5  # so that few are alike
                        judged = (3, "< 10^7", "[0]", "wrong") if is_wrong else (digits, "≤ 1", "", "agrees")
                        table.writerow([name, case, quantity, layer, 12 + i + c, *judged, detail])


def write_comparison(folder, implementations=(), cases=()):
    """Write data/compare.json: implementations in Python as (name, title, source), and cases as dictionaries of what
    differs from a case of the battery."""
    usual = {
        "id": "xor-2-1-sigmoid-batch4",
        "standard": True,
        "dataset": "xor",
        "widths": [2, 1],
        "hidden": "sigmoid",
        "output": "sigmoid",
        "cost": "half_squared_error",
        "rows": 4,
        "dtype": "float64",
        "online": False,
        "note": "",
    }
    described = [
        {"language": "Python"} | dict(zip(("name", "title", "source"), one, strict=True)) for one in implementations
    ]
    write_data(folder, "compare", "compare", implementations=described, cases=[usual | case for case in cases])


def write_blocks(folder, name, command, *blocks, **facts):
    """Write a report of these blocks, as a command would."""
    write_report(folder, name, command, Document("Title", blocks), **facts)


def written_reports(comparison, folder):
    """The bytes of each report of a comparison, written into a folder, by its path there."""
    pages.write_comparison(comparison, folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
