"""Recognise numbers that were rounded or truncated to some decimals, in a part of the computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.judging.arithmetic.alignment import Errors
from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import STORED_SCOPES
from harness.judging.arithmetic.recognise import (
    FALSE_ALARM_RISK,
    FIRST_OBSERVATIONS,
    MOST_OBSERVATIONS,
    SMALL_WORK,
    ConvertedPart,
    Emulation,
    covers,
    work_of,
)
from harness.model.contract import Array

FEWEST_PLACES, MOST_PLACES = 1, 12  # without decimals, it is a threshold
DIRECTIONS: dict[str, Callable[[Array], Array]] = {
    "rounded": np.rint,
    "truncated": np.trunc,
    "rounded down": np.floor,
    "rounded up": np.ceil,
}
SCOPES: dict[str, frozenset[str]] = {
    "in ∂C/∂W and ∂C/∂b": frozenset({"w", "b"}),
    "in ∂C/∂W": frozenset({"w"}),
    "in ∂C/∂b": frozenset({"b"}),
    **{where: STORED_SCOPES[where] for where in ("in δ", "in a", "in z", "in f'(z)")},
}


@dataclass(frozen=True)
class Decimals:
    """Numbers with so many digits after the decimal point, rounded in one of DIRECTIONS."""

    places: int
    direction: str
    largest_relative_error: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.places} decimals"

    @property
    def how(self) -> str:
        return f"{self.direction} to {self.places} decimals"

    @property
    def tiny(self) -> float:
        """The unit of the last decimal."""
        return 10.0**-self.places

    def converted(self, numbers: Array) -> Array:
        """The numbers with these decimals."""
        return np.asarray(DIRECTIONS[self.direction](numbers * 10.0**self.places) / 10.0**self.places)


def decimals(observations: Sequence[Observation]) -> NamedArithmetic | None:
    """The number of decimals that explains all errors, in a part of the computation.

    It must reproduce most of the errors within their bounds, by chance with a probability of at most FALSE_ALARM_RISK,
    and its own bound must cover the others: a number next to a limit may be rounded either way.
    """
    failing = [one for one in observations if one.out_of_bounds]
    largest = sorted(failing, key=lambda one: one.largest_ratio, reverse=True)[:MOST_OBSERVATIONS]
    emulations = [Emulation(one) for one in largest]
    if work_of(emulations) > SMALL_WORK:
        return None
    tried = (MOST_PLACES - FEWEST_PLACES + 1) * len(DIRECTIONS) * len(SCOPES)
    telling = [_Telling(one) for one in emulations]
    found = {one: _reproduced(one, telling) for one in _candidates(emulations)}
    for one, (_, chance) in sorted(found.items(), key=lambda item: -item[1][0]):
        if tried * chance > FALSE_ALARM_RISK:
            continue
        if all(covers(one, each) for each in failing):
            reason = f"its errors are those of numbers {one.narrow.how} {one.where}: computing so reproduces them"
            return NamedArithmetic(one.narrow.name, one.where, None, reason, tried * chance)
    return None


@dataclass(frozen=True, eq=False)
class _Telling:
    """An emulation, and which of the errors found tell something: a value of 0 does not."""

    emulation: Emulation

    @cached_property
    def entries(self) -> Errors:
        """Whether each entry tells."""
        one = self.emulation.observation
        return {
            key: (np.abs(r) > 1) & (one.values[key][~one.standards[key].undecidable] != 0)
            for key, r in self.emulation.found.items()
        }

    @cached_property
    def count(self) -> int:
        return sum(int(entries.sum()) for entries in self.entries.values())


def _reproduced(candidate: ConvertedPart, telling: Sequence[_Telling]) -> tuple[int, float]:
    """How many errors the emulation reproduces; and the chance that others are so near to its, 1 if most are not.

    An error between −r and r is within two bounds of another one with a chance of at most 2 / r, in units of its bound.
    The entries of an array are not independent, so each array counts as one entry. A candidate that misses half of all
    is emulated no further.
    """
    log_chance, near, passed, counted = 0.0, 0, 0, sum(one.count for one in telling)
    for one in telling:
        errors = one.emulation.errors(candidate)
        for key, r in one.emulation.found.items():
            is_near = one.entries[key] & (np.abs(r - errors[key]) <= 2)
            near += int(is_near.sum())
            if is_near.any():
                log_chance += float(np.log2(np.minimum(1.0, 2 / np.abs(r[is_near]))).mean())
        passed += one.count
        if 2 * (passed - near) >= counted:
            return near, 1.0
    return near, 2.0**log_chance


def _candidates(emulations: Sequence[Emulation]) -> Iterator[ConvertedPart]:
    """Each direction and scope with the numbers of decimals whose errors may be as large as those found.

    An error of rounding grows tenfold with each decimal less, up to the size of the number: then it grows no more.
    """
    for direction in DIRECTIONS:
        for where, parts in SCOPES.items():
            finest = ConvertedPart(Decimals(MOST_PLACES, direction), where, parts)
            growth = _error_growth(finest, emulations[:FIRST_OBSERVATIONS])
            if growth is not None:
                expected = MOST_PLACES - round(growth)
                for places in range(max(FEWEST_PLACES, expected - 1), min(MOST_PLACES, expected + 1) + 1):
                    yield ConvertedPart(Decimals(places, direction), where, parts)


def _error_growth(finest: ConvertedPart, emulations: Sequence[Emulation]) -> float | None:
    """The median of log10 ‖r_k‖ / ‖e_k‖ over the arrays with errors; None if there are none."""
    with np.errstate(all="ignore"):
        ratios = [
            float(np.log10(np.linalg.norm(r) / np.linalg.norm(errors[key])))
            for one in emulations
            for errors in (one.errors(finest),)
            for key, r in one.found.items()
        ]
    finite = [one for one in ratios if np.isfinite(one)]
    return float(np.median(finite)) if finite else None
