"""What the reports count: everything that they show of a comparison's rows, gathered in one pass over them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from harness.cases.case import Case
from harness.jobs.compare.pairs import kind
from harness.jobs.compare.rows import Row
from harness.sandbox.sources.find import Implementation

LARGEST_SHOWN = 1e15  # an error ratio above is an error where the truth is all but exact
OUT_OF_BOUNDS = ("inaccurate", "wrong")
WITHIN_ROUNDING = ("unsupported", "failed", "inaccurate")  # whose reasons are listed, with the cases
BAD = ("failed", "wrong")
NOT_RIGHT = (*BAD, "inaccurate", "cannot tell")
WORST_SHOWN = 10  # rows, of different cases, that are kept to be shown
FEW = 5  # cases that are named one by one


@dataclass
class Cases:
    """How many cases, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, case: str) -> None:
        self.count += 1
        if self.count <= FEW:
            self.first.append(case)


@dataclass
class OfQuantity:
    """The judged rows of a quantity: the cases, the entries that were compared, the worst error ratio, and the fewest
    correct digits with the case and layer; None where the digits of some row are not told."""

    cases: int = 0
    entries: int = 0
    error_ratio: float = math.nan
    fewest: tuple[int, str, int] | None = (99, "", 0)

    def add(self, rows: Sequence[Row]) -> None:
        self.cases += 1
        for row in rows:
            self.entries += row.entries or 0
            self.error_ratio = largest(self.error_ratio, row.error_ratio)
            if row.digits is None or self.fewest is None:
                self.fewest = None
            else:
                self.fewest = min(self.fewest, (row.digits, row.case, row.layer))


@dataclass
class Counts:
    """Of one implementation. `digits` are the fewest by kind of case and quantity, None where those of some row are not
    told, `ran` the cases of each kind with numbers, `error_ratio` the worst of each quantity and `entries` those that
    were compared with the truth; `out_of_bounds` are the kinds with a number out of bounds; `reasons` holds for a
    verdict and a reason the cases; `worst` are the worst of the rows that are wrong, and `wrong` the first of them,
    in different cases."""

    digits: dict[tuple[str, str], int | None] = field(default_factory=dict)
    ran: Counter[str] = field(default_factory=Counter)
    error_ratio: dict[str, float] = field(default_factory=dict)
    entries: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    out_of_bounds: set[str] = field(default_factory=set)
    reasons: dict[str, dict[str, Cases]] = field(default_factory=dict)
    quantities: dict[str, OfQuantity] = field(default_factory=dict)
    worst: list[Row] = field(default_factory=list)
    wrong: list[Row] = field(default_factory=list)
    wrong_cases: int = 0

    def add(self, kind: str, rows: Sequence[Row]) -> None:
        """All rows of one case."""
        self.verdicts.update(row.verdict for row in rows if row.verdict)
        measured = [row for row in rows if row.entries is not None]
        self.ran[kind] += bool(measured)
        for row in measured:
            key = kind, row.quantity
            fewest = self.digits.get(key, row.digits)
            self.digits[key] = None if fewest is None or row.digits is None else min(row.digits, fewest)
        for row in rows:
            if row.error_ratio is not None and row.error_ratio == row.error_ratio:
                self.error_ratio[row.quantity] = largest(self.error_ratio.get(row.quantity, math.nan), row.error_ratio)
                self.entries += row.entries or 0
        judged = [row for row in measured if row.verdict]
        for quantity in dict.fromkeys(row.quantity for row in judged):
            of_quantity = [row for row in judged if row.quantity == quantity]
            self.quantities.setdefault(quantity, OfQuantity()).add(of_quantity)
        for verdict, detail in dict.fromkeys((row.verdict, row.detail) for row in rows):
            if verdict in WITHIN_ROUNDING:
                self.reasons.setdefault(verdict, {}).setdefault(detail, Cases()).add(rows[0].case)
        if any(row.verdict in OUT_OF_BOUNDS for row in rows):
            self.out_of_bounds.add(kind)
        if wrong := [row for row in rows if row.verdict == "wrong"]:
            self.wrong_cases += 1
            self.worst = sorted([*self.worst, min(wrong, key=badness)], key=badness)[:WORST_SHOWN]
            if len(self.wrong) < WORST_SHOWN:
                self.wrong += wrong[:1]


@dataclass(frozen=True)
class Tally:
    """The counts of each implementation in their order, the number of cases of each kind, and the ids of the cases in
    which any implementation is wrong or failed."""

    of: dict[str, Counts]
    kinds: dict[str, int]
    bad: set[str]

    @classmethod
    def of_rows(cls, implementations: Sequence[Implementation], cases: Sequence[Case], rows: Iterable[Row]) -> Tally:
        """From rows that are in order: those of an implementation together, and of these those of a case."""
        kinds = {case.id: kind(case) for case in cases}
        tally = cls({one.name: Counts() for one in implementations}, dict(Counter(kinds.values())), set())
        for (name, case), group in groupby(rows, key=lambda row: (row.implementation, row.case)):
            of_case = list(group)
            tally.of[name].add(kinds[case], of_case)
            if any(row.verdict in BAD for row in of_case):
                tally.bad.add(case)
        return tally

    @property
    def verdicts(self) -> Counter[str]:
        """The rows by verdict, all implementations together."""
        return sum((counts.verdicts for counts in self.of.values()), Counter())


def largest(one: float, other: float | None) -> float:
    """The larger of two, of which each may be none or a NaN."""
    if other is None or other != other:
        return one
    return other if one != one else max(one, other)


def badness(row: Row) -> tuple[bool, int, str, str, int]:
    """What wrong rows are sorted by, the worst first. By powers of ten, so that neighbours do not change places on
    another machine."""
    error_ratio = math.nan if row.error_ratio is None else row.error_ratio
    unknown = error_ratio != error_ratio
    magnitude = 0 if unknown else math.floor(math.log10(min(error_ratio, LARGEST_SHOWN)))
    return unknown, -magnitude, row.case, row.quantity, row.layer
