"""Views of one comparison, which the terminal and the reports share: tables as heads and rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from harness.jobs.compare.report.tally import LARGEST_SHOWN
from harness.judging.verdict import VERDICTS
from harness.reporting.grid import NOTHING, Grid
from harness.sandbox.sources.find import REFERENCE

if TYPE_CHECKING:
    from harness.jobs.compare.report.tally import Counts, Tally
    from harness.jobs.compare.run import Comparison

QUANTITY_TITLES = {
    "delta": "δ",
    "w": "∂C/∂W",
    "b": "∂C/∂b",
    "update": "update",
    "epoch1": "1 epoch",
    "epoch20": "20 epochs",
    "z": "z",
    "a": "a",
}
UNTOLD = "~"  # in place of digits that depend on the machine


def digits_by_quantity(tally: Tally, kind: str) -> Grid:
    """Implementation × quantity: the fewest correct digits over the cases of a kind, and the cases that ran, of how
    many."""
    quantities = _present({q for of in tally.of.values() for of_kind, q in of.digits if of_kind == kind})
    rows = [
        [
            name,
            *(_digits_or_untold(of.digits.get((kind, quantity), NOTHING)) for quantity in quantities),
            f"{of.ran[kind]} of {tally.kinds[kind]}",
        ]
        for name, of in tally.of.items()
    ]
    return Grid(["implementation", *(QUANTITY_TITLES[quantity] for quantity in quantities), "cases run"], rows)


def error_ratio_by_quantity(tally: Tally, shown: Callable[[float], str]) -> Grid:
    """Implementation × quantity: the worst error in units of its rounding bound over all cases, as `shown`, and the
    number of entries compared; no rows where nothing was."""
    quantities = _present({quantity for of in tally.of.values() for quantity in of.error_ratio})
    rows = [
        [name, *(shown(of.error_ratio.get(quantity, math.nan)) for quantity in quantities), f"{of.entries:,}"]
        for name, of in tally.of.items()
    ]
    heads = ["implementation", *(QUANTITY_TITLES[quantity] for quantity in quantities), "entries"]
    return Grid(heads, rows if quantities else [])


def _digits_or_untold(digits: int | str | None) -> str:
    return UNTOLD if digits is None else str(digits)


def _present(quantities: set[str]) -> list[str]:
    return [quantity for quantity in QUANTITY_TITLES if quantity in quantities]


def order_of_magnitude(error_ratio: float) -> str:
    """An error ratio as a report shows it: `≤ 1` where rounding explains it, `> 1` where it is below ten, else the
    power of ten that it is below.

    What lies within the bound is rounding, and is another number on another machine.
    """
    if error_ratio != error_ratio:
        return NOTHING
    if error_ratio < 10:
        return "≤ 1" if error_ratio <= 1 else "> 1"
    return (
        f"< 10^{math.floor(math.log10(error_ratio)) + 1}"
        if error_ratio < LARGEST_SHOWN
        else f"> 10^{LARGEST_SHOWN:.0e}".replace("1e+", "")
    )


def summary(comparison: Comparison, kind: str) -> Grid:
    """The correct digits by quantity, and the fewest in common with the reference, with any other implementation and
    with which, and the same among those that agree with the truth throughout."""
    tally = comparison.tally
    heads, rows = digits_by_quantity(tally, kind)
    agreeing = {name for name, of in tally.of.items() if kind not in of.out_of_bounds}
    others = {"with PyTorch": {REFERENCE}, "worst other": set(tally.of), "worst agreeing other": agreeing}
    shared = _shared(comparison, kind)
    for row in rows:
        worst = [_worst_other(shared[row[0]], among) for among in others.values()]
        worst[0] = worst[0].removesuffix(f" ({REFERENCE})")
        row[-1:-1] = worst
    return Grid([*heads[:-1], *others, heads[-1]], rows)


class _With(NamedTuple):
    """What two share: the fewest digits, the two names in the order of the selection, the other of them, the most."""

    fewest: int | None
    names: tuple[str, str]
    other: str
    most: int | None


def _shared(comparison: Comparison, kind: str) -> dict[str, list[_With]]:
    """Of each implementation what it shares with each other, by quantity."""
    found: dict[str, list[_With]] = {name: [] for name in comparison.tally.of}
    for pair in comparison.pairs:
        if pair.kind == kind:
            names = pair.one, pair.other
            found[pair.one].append(_With(pair.digits, names, pair.other, pair.most_digits))
            found[pair.other].append(_With(pair.digits, names, pair.one, pair.most_digits))
    return found


def _worst_other(shared: list[_With], others: set[str]) -> str:
    """The fewest digits in common with any of the others, and with which."""
    mine = [one for one in shared if one.other in others]
    if not mine:
        return NOTHING
    worst = min(mine, key=lambda one: (_rank(one.fewest), one.names))
    if _rank(worst.fewest) == max(_rank(one.most) for one in mine):  # all alike: no one is worst
        return _digits_or_untold(worst.fewest)
    return f"{_digits_or_untold(worst.fewest)} ({worst.other})"


def _rank(digits: int | None) -> int:
    """What is not told is taken for worse than what is."""
    return -1 if digits is None else digits


def verdict_counts(of: Mapping[str, Counts]) -> Grid:
    """Implementation × verdict: how many rows (one a case, quantity and layer); rows not judged do not count."""
    given = {verdict for counts in of.values() for verdict in counts.verdicts}
    verdicts = [verdict for verdict in VERDICTS if verdict in given]
    rows = [[name, *(counts.verdicts[verdict] for verdict in verdicts)] for name, counts in sorted(of.items())]
    return Grid(["implementation", *verdicts], [row for row in rows if any(row[1:])])


def reasons(tally: Tally, verdict: str) -> Grid:
    """For `unsupported` or `failed`: implementation, reason, and the number of cases it was given for."""
    rows = [
        [name, detail, cases.count]
        for name, of in tally.of.items()
        for detail, cases in of.reasons.get(verdict, {}).items()
    ]
    return Grid(["implementation", "reason", "cases"], rows)
