"""The comparison of one array that a file computes with its standard, in every case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array
from harness.truth.certify import Standard


@dataclass(frozen=True, eq=False)
class Observed:
    """One array of one case: what the file computed, and what is right."""

    case: str
    value: Array
    standard: Standard

    @property
    def has_shape(self) -> bool:
        """Whether it has the shape of the truth."""
        return bool(self.value.shape == self.standard.bound.shape)

    def ratios(self) -> Array:
        """error / (bound + radius) of every entry, at most 1 where right; NaN and other shapes are infinite."""
        return ratios(self.value, self.standard)


def ratios(value: Array, standard: Standard) -> Array:
    """error / (bound + radius) of every entry; infinite where the value is NaN, or has another shape.

    Where the exact value is only known to lie in an interval, as at a kink, values in the interval are right.
    """
    if value.shape != standard.bound.shape:
        return np.full(1, np.inf)
    allowed = standard.bound + standard.truth.radius
    with np.errstate(all="ignore"):
        error = np.abs(standard.error(value))
        found = np.where(np.isfinite(allowed), np.where(error == 0, 0.0, error / allowed), 0.0)
    return np.where(np.isnan(value) | np.isnan(found), np.inf, found)


def is_near(value: Array, standard: Standard) -> bool:
    """Whether every entry is as near to the exact value as right code is."""
    return bool((ratios(value, standard) <= 1).all())


@dataclass(frozen=True)
class ArrayResult:
    """The verdict on one array over all cases.

    verdict: `agrees`, `wrong`, `inaccurate`, `cannot tell` or `not written`. ratio: the largest error / bound. entries:
    how many were judged, of them `outside` out of bounds; undecided: how many could not be. case, entry, found and
    expected: the worst entry. detail: what is to be said of it besides.
    """

    name: str
    verdict: str
    ratio: float
    entries: int
    outside: int
    undecided: int
    case: str
    entry: tuple[int, ...]
    found: float
    expected: float
    detail: str = ""


def judge_values(name: str, observed: Sequence[Observed]) -> ArrayResult:
    """The verdict on an array from its values in each case: `wrong` for each that is out of bounds."""
    if not observed:
        return ArrayResult(name, "not written", 0.0, 0, 0, 0, "", (), 0.0, 0.0)
    by_case = [one.ratios() for one in observed]
    n = max(range(len(by_case)), key=lambda n: by_case[n].max(initial=0.0))
    worst, ratio = observed[n], float(by_case[n].max(initial=0.0))
    undecided = sum(int(one.standard.undecidable.sum()) for one in observed)
    total = sum(one.standard.bound.size for one in observed)
    outside = sum(int((one > 1).sum()) for one in by_case)
    verdict = "wrong" if ratio > 1 else "cannot tell" if undecided == total > 0 else "agrees"
    if not worst.has_shape:
        found, expected = worst.value.shape, worst.standard.bound.shape
        other = sum(not one.has_shape for one in observed)
        where = f" in {other} of {len(observed)} cases" if other < len(observed) else ""
        empty = "; a slice such as [pad:-pad] is empty where pad is 0" if 0 in found and 0 not in expected else ""
        detail = f"shape {found}, expected {expected}{where}{empty}"
        return ArrayResult(name, verdict, ratio, total, outside, undecided, worst.case, (), 0.0, 0.0, detail)
    entry = np.unravel_index(int(by_case[n].argmax()), worst.value.shape) if worst.value.size else ()
    place = tuple(int(i) for i in entry)
    numbers = float(worst.value[place]), float(worst.standard.truth.high[place])
    return ArrayResult(name, verdict, ratio, total - undecided, outside, undecided, worst.case, place, *numbers)


def observations(
    values: Mapping[str, Mapping[str, Array]], standards: Mapping[str, Mapping[str, Standard]], name: str
) -> list[Observed]:
    """The values of one array in each case that has it, with their standards."""
    return [Observed(case, found[name], standards[case][name]) for case, found in values.items() if name in found]
