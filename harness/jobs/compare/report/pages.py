"""The reports: views of the tables of one comparison, in Markdown and CSV, free of dates and timings.

They are made of what does not change with the machine (harness.committed), so that a report changes when a result does.
Full precision goes to the folder `data` beside them, which is not committed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.cases.case import FLAGS, Case
from harness.jobs.compare.pairs import PAIR_COLUMNS
from harness.jobs.compare.report.committed import committed
from harness.jobs.compare.report.exports import badge, write_junit
from harness.jobs.compare.report.tally import Cases, Counts
from harness.jobs.compare.report.views import (
    NOTHING,
    QUANTITY_TITLES,
    UNTOLD,
    Grid,
    error_ratio_by_quantity,
    order_of_magnitude,
    reasons,
    summary,
    verdict_counts,
)
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison
from harness.judging.verdict import MOST_DIGITS
from harness.reporting import markdown
from harness.sandbox.loading import REFERENCE, Implementation
from harness.truth.bounds.float_format import FUNCTION_ULPS

COMMITTED_COLUMNS = [
    *("implementation", "case", "quantity", "layer", "entries", "digits", "error_ratio", "entry", "verdict", "detail")
]
ASSUMPTIONS = f"""\
One count is one quantity of one layer in one case, or for a refusal one quantity in one case. *Agrees*: every entry
lies within its own rounding bound of the truth. *Inaccurate*: some entry does not, and there is evidence that it is
arithmetic: the error shrinks with the working precision, or changes altogether when the inputs move by a little, or the
numbers are the true ones, stored in float16. How large such an error is, and which of the numbers of one call lie
within their bounds all the same, depends on the machine: no digits are shown, and all of these numbers are inaccurate.
*Wrong*: some entry does not, and its error stays and is smooth. *Cannot tell*: a weighted input is within rounding of a
kink of relu. Weights after epochs are not judged.

The bound follows from running error analysis of the four equations, and assumes sums in any order, exp and its like
within {FUNCTION_ULPS["float64"]:g} units in the last place ({FUNCTION_ULPS["float32"]:g} in float32), f' from z or from
the output, whichever is less accurate, and no fast-math;
[it is written out here](../harness/truth/bounds/error_analysis.py).
"""


def write(comparison: Comparison, folder: Path) -> None:
    """Write README.md, pairwise.md, implementations/*.md, results.csv, badge.json, junit.xml and data/ into `folder`.

    Raises UnusableInput where a file of another's stands in the way, and OSError.
    """
    exact, comparison = comparison, committed(comparison)
    pages = folder / "implementations"
    texts = {folder / "README.md": overview(comparison), folder / "pairwise.md": pairwise(comparison)}
    for implementation in comparison.selection.implementations:
        texts[pages / f"{implementation.name}.md"] = page_of(implementation, comparison)
    for path, text in texts.items():
        markdown.write_page(path, text)
    for stale in set(pages.glob("*.md")) - texts.keys():
        if markdown.is_ours(stale):
            stale.unlink()
    data = folder / "data"
    data.mkdir(exist_ok=True)
    _write_table(folder / "results.csv", COMMITTED_COLUMNS, map(_cells, comparison.rows))
    _write_table(data / "results.csv", Row._fields, exact.rows)
    _write_table(data / "pairs.csv", PAIR_COLUMNS, exact.pairs)
    (folder / "badge.json").write_text(badge(comparison), encoding="utf-8", newline="\n")
    write_junit(comparison, folder / "junit.xml")


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table in place of an older one, which stays until this one is whole."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows(rows)
    new.replace(path)


def _cells(row: Row) -> list[Any]:
    """A row of results.csv: the error_ratio as an order of magnitude; what there is not is empty."""
    error_ratio = "" if row.error_ratio is None else order_of_magnitude(row.error_ratio)
    shown = row._asdict() | {"error_ratio": "" if error_ratio == NOTHING else error_ratio}
    return [shown[column] for column in COMMITTED_COLUMNS]


def overview(comparison: Comparison) -> str:
    """reports/README.md: what was compared, the digits of agreement, the verdicts, and what did not run."""
    selection, tally = comparison.selection, comparison.tally
    parts = [
        markdown.made("compare"),
        "# How closely the formulations agree\n",
        f"""\
{len(selection.implementations)} implementations, {len(selection.cases)} cases. A number is the count of correct
decimal digits in the worst layer of the worst case: the largest error against the largest entry of the
[certified truth](../harness/truth/gradient.py). Digits are cut at {MOST_DIGITS["float64"]} in float64 and
{MOST_DIGITS["float32"]} in float32, where rounding begins; {NOTHING} means that the implementation does not give that
quantity, and {UNTOLD} that it is inaccurate, or cannot be judged: its digits depend on the machine, and are shown on
the terminal and in `data/` only. *Update* is the displacement of the weights in one step, which loses the digits that
the weights have no room for; *1 epoch* and *20 epochs* are the weights after online training, against the truth's own.
*With PyTorch* is the fewest digits in common with `{REFERENCE}`, *worst other* with any other implementation, and with
which, the update left out ([all pairs](pairwise.md)); *worst agreeing other* leaves out those that do not agree with
the truth themselves.
""",
    ]
    for kind in tally.kinds:
        parts += [f"## {kind}\n", _table(summary(comparison, kind))]
    parts += ["## Verdicts\n", ASSUMPTIONS, _table(verdict_counts(tally.of))]
    if (error_ratio := error_ratio_by_quantity(tally, order_of_magnitude)).rows:
        parts += ["## Worst error in units of its rounding bound\n", _table(error_ratio)]
    for verdict, title in (("unsupported", "Not supported, and why"), ("failed", "Failed, and why")):
        heads, rows = reasons(tally, verdict)
        if rows:
            parts += [f"## {title}\n", markdown.table([[name, markdown.plain(why), n] for name, why, n in rows], heads)]
    parts += [
        "## The implementations\n",
        markdown.bullets(
            f"[{i.name}](implementations/{i.name}.md): {markdown.plain(i.title)}" for i in selection.implementations
        ),
        "## The cases\n",
        markdown.bullets(_case_line(case) for case in selection.cases),
    ]
    return "\n".join(parts)


def pairwise(comparison: Comparison) -> str:
    """reports/pairwise.md: for every quantity a matrix of the digits that any two implementations share."""
    names = [implementation.name for implementation in comparison.selection.implementations]
    parts = [
        markdown.made("compare"),
        "# Every implementation against every other\n",
        f"""\
Digits in which two implementations agree, in the worst layer of the worst case that both ran; {NOTHING} where they
share no quantity, and {UNTOLD} where one of them is inaccurate. Columns are numbered like the rows. An update is left
out: two right ones may differ by a unit in the last place of the weights, and whether they do depends on the machine.
""",
    ]
    fewest: dict[tuple[str, str], dict[frozenset[str], str]] = {}
    for pair in comparison.pairs:
        shown = UNTOLD if pair.digits is None else str(pair.digits)
        fewest.setdefault((pair.kind, pair.quantity), {})[frozenset((pair.one, pair.other))] = shown
    for kind in comparison.tally.kinds:
        for quantity, name in QUANTITY_TITLES.items():
            if (kind, quantity) in fewest:
                parts += [f"## {kind}: {name}\n", _matrix(names, fewest[kind, quantity])]
    return "\n".join(parts)


def page_of(implementation: Implementation, comparison: Comparison) -> str:
    """reports/implementations/NAME.md: the verdicts, and the worst cases with where they are."""
    counts = comparison.tally.of[implementation.name]
    parts = [
        markdown.made("compare"),
        f"# {implementation.name}\n",
        f"{markdown.plain(implementation.title)}.\n",
        f"Source: {markdown.plain(implementation.source) or 'not stated'}.\n",
        f"Cases run: {counts.ran.total()} of {len(comparison.selection.cases)}.\n",
        _table(verdict_counts({implementation.name: counts})),
        "## By quantity\n",
        _table(_quantities(counts)),
    ]
    if counts.worst:
        heads = ["case", "quantity", "layer", "entry", "digits", "verdict", "detail"]
        rows = [[row._asdict()[head] for head in heads] for row in counts.worst]
        parts += ["## Worst cases\n", markdown.table(rows, heads)]
    for verdict, title in (("inaccurate", "Inaccurate"), ("unsupported", "Not supported"), ("failed", "Failed")):
        if reasons_given := counts.reasons.get(verdict):
            parts += [
                f"## {title}\n",
                markdown.bullets(f"{markdown.plain(why)}: {_cases(cases)}" for why, cases in reasons_given.items()),
            ]
    return "\n".join(parts)


def _quantities(counts: Counts) -> Grid:
    """One line a quantity: cases, entries compared, fewest correct digits and in which case, worst error."""
    rows = []
    for quantity, title in QUANTITY_TITLES.items():
        if of := counts.quantities.get(quantity):
            digits, case, layer = of.fewest or (UNTOLD, "", 0)
            worst = order_of_magnitude(of.error_ratio)
            where = f"{case}, layer {layer}" if case else NOTHING
            rows.append([title, of.cases, f"{of.entries:,}", worst, digits, where])
    return Grid(["quantity", "cases", "entries", "worst error in bounds", "fewest digits", "in"], rows)


def _table(grid: Grid) -> str:
    return markdown.table(grid.rows, grid.heads) if grid.rows else "\n"


def _matrix(names: list[str], fewest: dict[frozenset[str], str]) -> str:
    present = [name for name in names if any(name in pair for pair in fewest)]
    body = [
        [
            f"{number}. {one}",
            *("" if one == other else fewest.get(frozenset((one, other)), NOTHING) for other in present),
        ]
        for number, one in enumerate(present, start=1)
    ]
    headers = ["", *map(str, range(1, len(present) + 1))]
    return markdown.table(body, headers)


def _case_line(case: Case) -> str:
    return f"`{case.id}`" + (f": {FLAGS[case.flag]}" if case.flag else "")


def _cases(cases: Cases) -> str:
    """All of a few case ids; of many the number, and the first."""
    named = ", ".join(cases.first)
    return named if len(cases.first) == cases.count else f"{cases.count} cases, such as {named}"
