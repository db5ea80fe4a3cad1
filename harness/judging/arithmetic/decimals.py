"""Recognise numbers that were rounded or truncated to some decimals, in a part of the computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judging.arithmetic.observation import NamedArithmetic, Observation
from harness.judging.arithmetic.parts import STORED_SCOPES
from harness.judging.arithmetic.recognise import (
    FIRST_OBSERVATIONS,
    MOST_OBSERVATIONS,
    SMALL_WORK,
    ConvertedPart,
    Emulation,
    left_unexplained,
    recognised,
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
    perturbation: float = 2.0**-4  # more than a unit for all numbers but the smallest
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
    """The number of decimals that explains all errors, in a part of the computation, as `narrow_format` does."""
    failing = [one for one in observations if one.out_of_bounds]
    largest = sorted(failing, key=lambda one: one.largest_ratio, reverse=True)[:MOST_OBSERVATIONS]
    emulations = [Emulation(one) for one in largest]
    if work_of(emulations) > SMALL_WORK:
        return None
    distances = {one: left_unexplained(one, emulations) for one in _candidates(emulations)}
    tried = MOST_PLACES * len(DIRECTIONS) * len(SCOPES)
    found = recognised(distances, emulations, failing, tried)
    if found is None:
        return None
    how, where = found.part.narrow.how, found.part.where
    reason = f"its errors are those of numbers {how} {where}: computing so reproduces {1 - found.distance:.0%} of them"
    return NamedArithmetic(found.part.narrow.name, where, None, reason, found.risk)


def _candidates(emulations: Sequence[Emulation]) -> Iterator[ConvertedPart]:
    """Each direction and scope with the numbers of decimals whose errors may be as large as those found.

    An error of rounding grows tenfold with each decimal less, up to the size of the number: then it grows no more.
    """
    for direction in DIRECTIONS:
        for where, parts in SCOPES.items():
            finest = ConvertedPart(Decimals(MOST_PLACES, direction), where, parts)
            growth = _growth(finest, emulations[:FIRST_OBSERVATIONS])
            if growth is not None:
                expected = MOST_PLACES - round(growth)
                for places in range(max(FEWEST_PLACES, expected - 1), min(MOST_PLACES, expected + 1) + 1):
                    yield ConvertedPart(Decimals(places, direction), where, parts)


def _growth(finest: ConvertedPart, emulations: Sequence[Emulation]) -> float | None:
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
