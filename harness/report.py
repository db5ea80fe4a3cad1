"""The reports: views of the tables of one comparison, in Markdown and CSV, free of dates and timings.

Digits are whole numbers, cut where rounding begins, so that a report changes when a result does and not with
the machine. Full precision goes to the folder `data` beside them, which is not committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from harness.cases import FLAGS, Case
from harness.compare import Comparison
from harness.discover import REFERENCE, Implementation
from harness.verdict import AGREES, INACCURATE, MOST_DIGITS
from harness.views import NOTHING, QUANTITY_TITLES, case_groups, reasons, summary, verdict_counts

if TYPE_CHECKING:
    import pandas as pd

COMMITTED_COLUMNS = ["implementation", "case", "quantity", "layer", "digits", "verdict", "detail"]
WORST_SHOWN = 10
MADE = "<!-- made by `nox -s compare`; do not edit -->\n"


def write(comparison: Comparison, folder: Path) -> None:
    """Write README.md, pairwise.md, implementations/*.md, results.csv and data/ into `folder`."""
    pages = folder / "implementations"
    pages.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    texts = {folder / "README.md": overview(comparison), folder / "pairwise.md": pairwise(comparison)}
    for implementation in comparison.selection.implementations:
        texts[pages / f"{implementation.name}.md"] = page_of(implementation, comparison)
    for stale in set(pages.glob("*.md")) - texts.keys():
        stale.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    committed(comparison.table).to_csv(folder / "results.csv", index=False, lineterminator="\n")
    comparison.table.to_csv(folder / "data" / "results.csv", index=False)
    comparison.pairs.to_csv(folder / "data" / "pairs.csv", index=False)


def committed(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that do not change with the machine; digits as whole numbers, empty where there are none."""
    return table[COMMITTED_COLUMNS].astype({"digits": "Int64"})


def overview(comparison: Comparison) -> str:
    """reports/README.md: what was compared, the digits of agreement, the verdicts, and what did not run."""
    selection, table = comparison.selection, comparison.table
    parts = [
        MADE,
        "# How closely the formulations agree\n",
        f"""\
{len(selection.implementations)} implementations, {len(selection.cases)} cases. A number is the count of decimal
digits in which the worst layer of the worst case agrees with the reference, `{REFERENCE}`: the largest difference
against the largest entry. Digits are cut at {MOST_DIGITS["float64"]} in float64 and {MOST_DIGITS["float32"]} in
float32, where rounding begins; {NOTHING} means that the implementation does not give that quantity. *Update* is the
displacement of the weights in one step; *1 epoch* and *20 epochs* are the weights after online training. *Worst
other* is the fewest digits in common with any other implementation, and with which ([all pairs](pairwise.md));
*worst agreeing other* leaves out those that do not agree with the reference themselves.
""",
    ]
    for title, cases in case_groups(selection.cases).items():
        parts += [f"## {title}\n", _markdown(summary(comparison, cases))]
    parts += [
        "## Verdicts\n",
        f"""\
Provisional: by digits of agreement with the reference, {AGREES["float64"]} for *agrees* and
{INACCURATE["float64"]} for *inaccurate* (float32: {AGREES["float32"]} and {INACCURATE["float32"]}), fewer are
*wrong*. One count is one quantity of one layer in one case. Weights after epochs are not judged.
""",
        _markdown(verdict_counts(table)),
    ]
    for verdict, title in (("unsupported", "Not supported, and why"), ("failed", "Failed, and why")):
        rows = reasons(table, verdict)
        if not rows.empty:
            rows["reason"] = rows["reason"].map(_plain)
            parts += [f"## {title}\n", _markdown(rows, index=False)]
    parts += [
        "## The implementations\n",
        _list(f"[{i.name}](implementations/{i.name}.md): {_plain(i.title)}" for i in selection.implementations),
        "## The cases\n",
        _list(_case_line(case) for case in selection.cases),
    ]
    return "\n".join(parts)


def pairwise(comparison: Comparison) -> str:
    """reports/pairwise.md: for every quantity a matrix of the digits that any two implementations share."""
    names = [implementation.name for implementation in comparison.selection.implementations]
    parts = [
        MADE,
        "# Every implementation against every other\n",
        f"""\
Digits in which two implementations agree, in the worst layer of the worst case that both ran; {NOTHING} where they
share none. Columns are numbered like the rows.
""",
    ]
    fewest: dict[tuple[str, str], dict[frozenset[str], int]] = {}
    groups = case_groups(comparison.selection.cases)
    for row in comparison.pairs.to_dict("records"):
        title = next(title for title, cases in groups.items() if row["case"] in cases)
        of_pair = fewest.setdefault((title, row["quantity"]), {})
        pair = frozenset((row["one"], row["other"]))
        of_pair[pair] = min(row["digits"], of_pair.get(pair, row["digits"]))
    for title in groups:
        for quantity, name in QUANTITY_TITLES.items():
            if (title, quantity) in fewest:
                parts += [f"## {title}: {name}\n", _matrix(names, fewest[title, quantity])]
    return "\n".join(parts)


def page_of(implementation: Implementation, comparison: Comparison) -> str:
    """reports/implementations/NAME.md: the verdicts, and the worst cases with where they are."""
    table = comparison.table[comparison.table["implementation"] == implementation.name]
    measured = table[table["digits"].notna()]
    judged = measured[measured["verdict"] != ""]
    worst = judged.sort_values(["digits", "case", "quantity", "layer"], kind="stable").drop_duplicates("case")
    shown = worst.head(WORST_SHOWN)[["case", "quantity", "layer", "digits", "verdict"]].astype({"digits": "Int64"})
    parts = [
        MADE,
        f"# {implementation.name}\n",
        f"{_plain(implementation.title)}.\n",
        f"Source: {_plain(implementation.source) or 'not stated'}.\n",
        f"Cases run: {measured['case'].nunique()} of {len(comparison.selection.cases)}.\n",
        _markdown(verdict_counts(table)),
    ]
    if not shown.empty:
        parts += ["## Worst cases\n", _markdown(shown, index=False)]
    for verdict, title in (("unsupported", "Not supported"), ("failed", "Failed")):
        refused = table[table["verdict"] == verdict].groupby("detail", sort=False)["case"].unique()
        if not refused.empty:
            parts += [f"## {title}\n", _list(f"{_plain(why)}: {', '.join(ids)}" for why, ids in refused.items())]
    return "\n".join(parts)


def _matrix(names: list[str], fewest: dict[frozenset[str], int]) -> str:
    present = [name for name in names if any(name in pair for pair in fewest)]
    body = [
        [
            f"{number}. {one}",
            *("" if one == other else fewest.get(frozenset((one, other)), NOTHING) for other in present),
        ]
        for number, one in enumerate(present, start=1)
    ]
    headers = ["", *map(str, range(1, len(present) + 1))]
    return f"{tabulate(body, headers=headers, tablefmt='github', disable_numparse=True)}\n"


def _markdown(table: pd.DataFrame, *, index: bool = True) -> str:
    return f"{tabulate(table, headers='keys', tablefmt='github', showindex=index, disable_numparse=True)}\n"


def _list(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _case_line(case: Case) -> str:
    return f"`{case.id}`" + (f": {FLAGS[case.flag]}" if case.flag else "")


def _plain(text: str) -> str:
    """Text from an implementation, unable to break a table or a list, or to be taken for markup."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")
