"""Views of the tables of one comparison, which the terminal and the reports share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.cases import Case
from harness.compare import Comparison
from harness.discover import REFERENCE
from harness.verdict import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

QUANTITY_TITLES = {
    "delta": "δ",
    "w": "∂C/∂W",
    "b": "∂C/∂b",
    "update": "update",
    "epoch1": "1 epoch",
    "epoch20": "20 epochs",
}
NOTHING = "–"
LARGEST = 1e15  # an excess above is an error where the truth is all but exact


def case_groups(cases: tuple[Case, ...]) -> dict[str, set[str]]:
    """Case ids by the heading under which their digits can be compared; only headings with cases."""
    groups: dict[str, set[str]] = {}
    for case in cases:
        data = "Real data" if case.is_real else "Random networks"
        groups.setdefault("float32" if case.dtype == "float32" else f"{data}, {case.dtype}", set()).add(case.id)
    return groups


def digits_by_quantity(comparison: Comparison, cases: set[str]) -> pd.DataFrame:
    """Implementation × quantity: the fewest correct digits over these cases, and the cases that ran, of how many."""
    table = comparison.table[comparison.table["case"].isin(cases)]
    measured = table[table["digits"].notna()]
    digits = measured.pivot_table(index="implementation", columns="quantity", values="digits", aggfunc="min")
    names = [implementation.name for implementation in comparison.selection.implementations]
    digits = digits.reindex(index=names, columns=[q for q in QUANTITY_TITLES if q in digits.columns])
    shown = digits.map(lambda value: NOTHING if value != value else f"{value:.0f}").rename(columns=QUANTITY_TITLES)
    ran = measured.groupby("implementation")["case"].nunique()
    shown["cases run"] = [f"{ran.get(name, 0)} of {len(cases)}" for name in names]
    return shown


def excess_by_quantity(comparison: Comparison) -> pd.DataFrame:
    """Implementation × quantity: the worst error in units of its rounding bound over all cases, and the number of
    entries compared."""
    judged = comparison.table[comparison.table["excess"].notna()]
    excess = judged.pivot_table(index="implementation", columns="quantity", values="excess", aggfunc="max")
    names = [implementation.name for implementation in comparison.selection.implementations]
    excess = excess.reindex(index=names, columns=[q for q in QUANTITY_TITLES if q in excess.columns])
    shown = excess.rename(columns=QUANTITY_TITLES)
    entries = judged.groupby("implementation")["entries"].sum()
    shown["entries"] = [int(entries.get(name, 0)) for name in names]
    return shown


def order_of_magnitude(excess: float) -> str:
    """An excess as a report shows it: `≤ 1` where rounding explains it, else the power of ten that it is below.

    What lies within the bound is rounding, and is another number on another machine.
    """
    if excess != excess:
        return NOTHING
    if excess <= 1:
        return "≤ 1"
    return (
        f"< 10^{math.floor(math.log10(excess)) + 1}" if excess < LARGEST else f"> 10^{LARGEST:.0e}".replace("1e+", "")
    )


def summary(comparison: Comparison, cases: set[str]) -> pd.DataFrame:
    """The correct digits by quantity, and the fewest in common with the reference, with any other implementation and
    with which, and the same among those that agree with the truth throughout."""
    shown = digits_by_quantity(comparison, cases)
    table = comparison.table[comparison.table["case"].isin(cases)]
    everyone = set(shown.index)
    agreeing = everyone - set(table[table["verdict"].isin(["inaccurate", "wrong"])]["implementation"])
    others = {"with PyTorch": {REFERENCE}, "worst other": everyone, "worst agreeing other": agreeing}
    for title, among in others.items():
        column = [_worst_other(comparison.pairs, cases, name, among) for name in shown.index]
        shown.insert(len(shown.columns) - 1, title, column)
    shown["with PyTorch"] = shown["with PyTorch"].str.removesuffix(f" ({REFERENCE})")
    return shown


def _worst_other(pairs: pd.DataFrame, cases: set[str], name: str, others: set[str]) -> str:
    """The fewest digits that `name` shares with any of the others, and with which."""
    if pairs.empty:
        return NOTHING
    one, other = pairs["one"], pairs["other"]
    mine = pairs[
        (((one == name) & other.isin(others)) | ((other == name) & one.isin(others))) & pairs["case"].isin(cases)
    ]
    if mine.empty:
        return NOTHING
    worst = mine.sort_values(["digits", "one", "other"], kind="stable").iloc[0]
    if worst["digits"] == mine["digits"].max():  # all alike: no one is worst
        return str(worst["digits"])
    return f"{worst['digits']} ({worst['other'] if worst['one'] == name else worst['one']})"


def verdict_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Implementation × verdict: how many rows (one a case, quantity and layer); rows not judged do not count."""
    judged = table[table["verdict"] != ""]
    counts = judged.pivot_table(index="implementation", columns="verdict", values="case", aggfunc="count", fill_value=0)
    return counts[[verdict for verdict in VERDICTS if verdict in counts.columns]]


def reasons(table: pd.DataFrame, verdict: str) -> pd.DataFrame:
    """For `unsupported` or `failed`: implementation, reason, and the number of cases it was given for."""
    refused = table[table["verdict"] == verdict]
    grouped = refused.groupby(["implementation", "detail"], sort=False)["case"].nunique()
    return grouped.reset_index().rename(columns={"detail": "reason", "case": "cases"})
