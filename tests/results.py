"""Tables of results made by hand, as large and as hostile as a test needs them."""

from __future__ import annotations

import csv

from harness.jobs.compare.report.pages import COMMITTED_COLUMNS

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
    those in `wrong`."""
    names = names or [f"formulation_{number}" for number in range(implementations)]
    datasets = ("iris", "wine", "digits", "random", "mine")
    cases = cases or [
        f"{datasets[number % 5]}-4-{3 + number // 5}-2-sigmoid-batch{2 + number}" for number in range(cases_count)
    ]
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COMMITTED_COLUMNS)
        for i, name in enumerate(names[:implementations]):
            for c, case in enumerate(cases):
                departs = (name, case) in wrong
                for quantity in ("w", "b", "delta"):
                    for layer in (1, 2):
                        digits = 9 + (i + 3 * c + layer) % 5  # so that few are alike
                        judged = (3, "< 10^7", "[0]", "wrong") if departs else (digits, "≤ 1", "", "agrees")
                        table.writerow([name, case, quantity, layer, 12 + i + c, *judged, detail])
