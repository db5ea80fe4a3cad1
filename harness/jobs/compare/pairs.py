"""How closely any two implementations agree: the worst of all cases of a kind, and not one number a case, of which
there would be as many as pairs times cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from harness.cases.case import QUANTITIES_BY_FUNCTION, Case
from harness.judging.verdict import digits
from harness.model.contract import Array


class PairRow(NamedTuple):
    """Two implementations on one kind of case: the worst error of a quantity in any layer and case, which case, and the
    digits in common there; and the most digits that they have in common in any case. None are digits that are not told
    (harness.jobs.compare.report.committed)."""

    one: str
    other: str
    kind: str
    quantity: str
    case: str
    error: float
    digits: int | None
    most_digits: int | None


PAIR_COLUMNS = list(PairRow._fields)


def kind(case: Case) -> str:
    """The heading under which the digits of cases can be compared."""
    if case.dtype == "float32":
        return "float32"
    return f"{'Real data' if case.is_real else 'Random networks'}, {case.dtype}"


@dataclass(frozen=True, eq=False)
class _Fold:
    """[k, k] each: the largest and the smallest distance, NaN where there is none, and the case of the largest."""

    worst: Array
    best: Array
    case: Array


class Pairs:
    """The largest and the smallest distance of each pair, updated after each case, in any order."""

    def __init__(self, implementations: Sequence[str], cases: Sequence[Case]) -> None:
        self._names, self._cases = implementations, cases
        self._numbers = {case.id: number for number, case in enumerate(cases)}
        self._of: dict[tuple[str, str], _Fold] = {}

    def add(self, case: str, found: Mapping[str, Array]) -> None:
        """The distances of all pairs on a case, by quantity; see harness.jobs.compare.distances."""
        number = self._numbers[case]
        for quantity, distances in found.items():
            key = kind(self._cases[number]), quantity
            if key not in self._of:
                nothing = np.full(distances.shape, np.nan)
                self._of[key] = _Fold(nothing, nothing.copy(), np.zeros(distances.shape, dtype=int))
            fold = self._of[key]
            # Of cases that are equally bad the first counts, so that the order in which they come does not.
            worse = ~(distances <= fold.worst) & ~np.isnan(distances)
            worse |= (distances == fold.worst) & (number < fold.case)
            fold.case[worse] = number
            np.fmax(fold.worst, distances, out=fold.worst)
            np.fmin(fold.best, distances, out=fold.best)

    def __iter__(self) -> Iterator[PairRow]:
        """By kind in the order of the cases, by quantity, and by pair."""
        kinds = dict.fromkeys(map(kind, self._cases))
        of_all = [quantity for quantities in QUANTITIES_BY_FUNCTION.values() for quantity in quantities]
        for key in (key for key in product(kinds, of_all) if key in self._of):
            fold = self._of[key]
            for i, j in combinations(range(len(self._names)), 2):
                if (error := float(fold.worst[i, j])) == error:
                    case = self._cases[fold.case[i, j]]
                    least, most = (digits(float(one[i, j]), case.dtype) for one in (fold.worst, fold.best))
                    yield PairRow(self._names[i], self._names[j], *key, case.id, error, least, most)
