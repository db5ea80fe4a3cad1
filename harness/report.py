"""The reports: views of the tables of one comparison, in Markdown and CSV, free of dates and timings.

Digits are whole numbers, cut where rounding begins, so that a report changes when a result does and not with
the machine. Full precision goes to the folder `data` beside them, which is not committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import markdown
from harness.arithmetic import FUNCTION_ULPS
from harness.cases import FLAGS, Case
from harness.compare import Comparison
from harness.discover import REFERENCE, Implementation
from harness.exports import badge, junit
from harness.verdict import MOST_DIGITS
from harness.views import (
    LARGEST,
    NOTHING,
    QUANTITY_TITLES,
    case_groups,
    excess_by_quantity,
    order_of_magnitude,
    reasons,
    summary,
    verdict_counts,
)

if TYPE_CHECKING:
    import pandas as pd

COMMITTED_COLUMNS = [
    *("implementation", "case", "quantity", "layer", "entries", "digits", "excess", "entry", "verdict", "detail")
]
WORST_SHOWN = 10
FEW = 5  # cases that are named one by one
ASSUMPTIONS = f"""\
One count is one quantity of one layer in one case, or for a refusal one quantity in one case. *Agrees*: every entry
lies within its own rounding bound of the truth. *Inaccurate*: some entry does not, and there is evidence that it is
arithmetic: the error shrinks with the working precision, or changes altogether when the inputs move by a little.
*Wrong*: some entry does not, and its error stays and is smooth. *Cannot tell*: a weighted input is within rounding of a
kink of relu. Weights after epochs are not judged.

The bound follows from running error analysis of the four equations, and assumes sums in any order, exp and its like
within {FUNCTION_ULPS["float64"]:g} units in the last place ({FUNCTION_ULPS["float32"]:g} in float32), f' from z or from
the output, whichever is less accurate, and no fast-math;
[it is written out here](../harness/rounding.py).
"""


def write(comparison: Comparison, folder: Path) -> None:
    """Write README.md, pairwise.md, implementations/*.md, results.csv, badge.json, junit.xml and data/ into `folder`.

    Raises UnusableInput where a file of another's stands in the way, and OSError.
    """
    pages = folder / "implementations"
    texts = {folder / "README.md": overview(comparison), folder / "pairwise.md": pairwise(comparison)}
    for implementation in comparison.selection.implementations:
        texts[pages / f"{implementation.name}.md"] = page_of(implementation, comparison)
    for path, text in texts.items():
        markdown.write_page(path, text)
    for stale in set(pages.glob("*.md")) - texts.keys():
        if markdown.is_ours(stale):
            stale.unlink()
    (folder / "data").mkdir(exist_ok=True)
    committed(comparison.table).to_csv(folder / "results.csv", index=False, lineterminator="\n")
    for name, text in (("badge.json", badge(comparison)), ("junit.xml", junit(comparison))):
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    comparison.table.to_csv(folder / "data" / "results.csv", index=False)
    comparison.pairs.to_csv(folder / "data" / "pairs.csv", index=False)


def committed(table: pd.DataFrame) -> pd.DataFrame:
    """What does not change with the machine: digits as whole numbers and the excess as an order of magnitude, each
    empty where there is none, and the worst entry where a row departs; elsewhere it is where rounding is largest."""
    departs = table["verdict"].isin(["inaccurate", "wrong"])
    shown = table.assign(
        excess=table["excess"].map(order_of_magnitude).replace(NOTHING, ""), entry=table["entry"].where(departs, "")
    )
    return shown[COMMITTED_COLUMNS].astype({"entries": "Int64", "digits": "Int64"})


def overview(comparison: Comparison) -> str:
    """reports/README.md: what was compared, the digits of agreement, the verdicts, and what did not run."""
    selection, table = comparison.selection, comparison.table
    parts = [
        markdown.made("compare"),
        "# How closely the formulations agree\n",
        f"""\
{len(selection.implementations)} implementations, {len(selection.cases)} cases. A number is the count of correct
decimal digits in the worst layer of the worst case: the largest error against the largest entry of the
[certified truth](../harness/truth.py). Digits are cut at {MOST_DIGITS["float64"]} in float64 and
{MOST_DIGITS["float32"]} in float32, where rounding begins; {NOTHING} means that the implementation does not give that
quantity. *Update* is the displacement of the weights in one step, which loses the digits that the weights have no room
for; *1 epoch* and *20 epochs* are the weights after online training, against the truth's own. *With PyTorch* is the
fewest digits in common with `{REFERENCE}`, *worst other* with any other implementation, and with which
([all pairs](pairwise.md)); *worst agreeing other* leaves out those that do not agree with the truth themselves.
""",
    ]
    for title, cases in case_groups(selection.cases).items():
        parts += [f"## {title}\n", markdown.table(summary(comparison, cases), index=True)]
    parts += ["## Verdicts\n", ASSUMPTIONS, markdown.table(verdict_counts(table), index=True)]
    if table["excess"].notna().any():
        units = excess_by_quantity(comparison)
        entries = units.pop("entries").map("{:,}".format)
        shown = units.map(order_of_magnitude).assign(entries=entries)
        parts += ["## Worst error in units of its rounding bound\n", markdown.table(shown, index=True)]
    for verdict, title in (("unsupported", "Not supported, and why"), ("failed", "Failed, and why")):
        rows = reasons(table, verdict)
        if not rows.empty:
            rows["reason"] = rows["reason"].map(markdown.plain)
            parts += [f"## {title}\n", markdown.table(rows)]
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
    departing = table[table["verdict"].isin(["inaccurate", "wrong"])]
    # By powers of ten, so that neighbours do not change places on another machine.
    magnitude = np.floor(np.log10(departing["excess"].clip(upper=LARGEST)))
    ordered = departing.assign(magnitude=-magnitude).sort_values(
        ["magnitude", "case", "quantity", "layer"], kind="stable"
    )
    worst = ordered.drop_duplicates("case").head(WORST_SHOWN)
    shown = worst[["case", "quantity", "layer", "entry", "digits", "verdict", "detail"]].astype({"digits": "Int64"})
    judged = measured[measured["verdict"] != ""]
    parts = [
        markdown.made("compare"),
        f"# {implementation.name}\n",
        f"{markdown.plain(implementation.title)}.\n",
        f"Source: {markdown.plain(implementation.source) or 'not stated'}.\n",
        f"Cases run: {measured['case'].nunique()} of {len(comparison.selection.cases)}.\n",
        markdown.table(verdict_counts(table), index=True),
        "## By quantity\n",
        markdown.table(_quantities(judged)),
    ]
    if not shown.empty:
        parts += ["## Worst cases\n", markdown.table(shown)]
    for verdict, title in (("unsupported", "Not supported"), ("failed", "Failed")):
        refused = table[table["verdict"] == verdict].groupby("detail", sort=False)["case"].unique()
        if not refused.empty:
            parts += [
                f"## {title}\n",
                markdown.bullets(f"{markdown.plain(why)}: {_cases(list(ids))}" for why, ids in refused.items()),
            ]
    return "\n".join(parts)


def _quantities(judged: pd.DataFrame) -> pd.DataFrame:
    """One line a quantity: cases, entries compared, fewest correct digits and in which case, worst error."""
    import pandas as pd

    lines = []
    for quantity, title in QUANTITY_TITLES.items():
        rows = judged[judged["quantity"] == quantity]
        if not rows.empty:
            fewest = rows.sort_values(["digits", "case", "layer"], kind="stable").iloc[0]
            lines.append(
                {
                    "quantity": title,
                    "cases": rows["case"].nunique(),
                    "entries": f"{int(rows['entries'].sum()):,}",
                    "worst error in bounds": order_of_magnitude(rows["excess"].max()),
                    "fewest digits": f"{fewest['digits']:.0f}",
                    "in": f"{fewest['case']}, layer {fewest['layer']}",
                }
            )
    return pd.DataFrame(lines)


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
    return markdown.table(body, headers)


def _case_line(case: Case) -> str:
    return f"`{case.id}`" + (f": {FLAGS[case.flag]}" if case.flag else "")


def _cases(ids: Sequence[str]) -> str:
    """All of a few case ids; of many the number, and the first."""
    named = ", ".join(ids[:FEW])
    return named if len(ids) <= FEW else f"{len(ids)} cases, such as {named}"
