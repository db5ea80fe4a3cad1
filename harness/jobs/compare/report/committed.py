"""What of a comparison does not change with the machine, and so may be committed.

Another processor takes sums in another order, and rounds elsewhere. The verdicts stay, and so do the digits of what
agrees (they are cut where rounding begins) and the size of a wrong formula's error. The error of inaccurate arithmetic
is rounding itself: its size, the entry where it is largest, which numbers happen to lie within their bounds, and the
evidence for it differ from machine to machine. So these are left out here; `data/results.csv` and the
terminal have them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from harness.cases.case import QUANTITIES_BY_FUNCTION
from harness.jobs.compare.pairs import PairRow
from harness.jobs.compare.report.tally import Tally
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Comparison
from harness.judging.causes.find_causes import IRREGULAR, LOST, SHRINKS

BEYOND = math.nextafter(1, 2)  # the error ratio of what is inaccurate: above 1, and no more is told
MEASURED = {cause.reason for cause in (SHRINKS, IRREGULAR, LOST)}  # of these, a machine may see one or another
ARITHMETIC = "its error shrinks in higher precision, or changes completely when the inputs move slightly"
# Of a displacement, two right steps can differ by a unit in the last place of the weights, which is many of its digits.
NOT_PAIRED = "update"
_FUNCTIONS = {quantity: function for function, quantities in QUANTITIES_BY_FUNCTION.items() for quantity in quantities}


@dataclass(frozen=True)
class MadeAnew(Iterable[Row]):
    """Rows that are made anew whenever they are gone through, so that they are never all in memory."""

    make: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.make()


def committed(comparison: Comparison) -> Comparison:
    """The same comparison without the noise of the machine: `digits` is None where they are not told."""
    rows = MadeAnew(lambda: _steady(comparison.rows))
    steady = replace(comparison, rows=rows, pairs=[])
    return replace(steady, pairs=[*_committed_pairs(comparison.pairs, steady.tally)])


def _steady(rows: Iterable[Row]) -> Iterator[Row]:
    for _, group in groupby(rows, key=lambda row: (row.implementation, row.case)):
        of_case = list(group)
        reasons = {
            _function(row): ARITHMETIC if row.detail in MEASURED else row.detail
            for row in of_case
            if row.verdict == "inaccurate"
        }
        for row in of_case:
            yield _committed_row(row, reasons.get(_function(row)))


def _function(row: Row) -> str:
    return _FUNCTIONS.get(row.quantity, "backprop")  # z and a are shown by it


def _committed_row(row: Row, reason: str | None) -> Row:
    """One row; `reason` is why the numbers of its function are inaccurate, if any is. Then all count as inaccurate."""
    if reason is not None and row.entries is not None:
        return row._replace(
            entry="", error=None, bound=None, error_ratio=BEYOND, digits=None, verdict="inaccurate", detail=reason
        )
    if row.verdict == "wrong":
        return row
    if row.verdict in ("failed", "cannot tell"):
        return row._replace(entry="", error=None, bound=None, error_ratio=None, digits=None)
    return row._replace(entry="", error=None, bound=None)


def _committed_pairs(pairs: Iterable[PairRow], tally: Tally) -> Iterator[PairRow]:
    """The pairs, without digits where those of one of the two are not told."""
    for pair in pairs:
        if pair.quantity == NOT_PAIRED:
            continue
        key = pair.kind, pair.quantity
        is_told = all(tally.of[name].digits.get(key, 0) is not None for name in (pair.one, pair.other))
        yield pair if is_told else pair._replace(digits=None, most_digits=None)
