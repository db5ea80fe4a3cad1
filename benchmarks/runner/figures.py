"""Medians over the rounds with their spread, ratios by round, and how these are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from statistics import median

from benchmarks.runner.races import Result

_SECONDS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
DASH = "–"  # in a table, for a value that does not exist


@dataclass(frozen=True)
class Spread:
    """The median over the rounds, with the smallest and the largest value."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """The spread of these values, one for each round; None if there are none."""
    return Spread(median(values), min(values), max(values)) if values else None


def time_of(result: Result) -> Spread | None:
    """The seconds of a result; None if it has none."""
    return spread(result.seconds)


def ratio(one: Result, other: Result) -> Spread | None:
    """The time of one result divided by that of the other; None if either has no time.

    The ratio is taken in each round before the median, so that a slow phase of the machine cancels out.
    """
    if not one.seconds or not other.seconds:
        return None
    return spread([a / b for a, b in zip(one.seconds, other.seconds, strict=True)])


def significant(value: float) -> str:
    """Three significant digits, without a power of ten."""
    places = 2 - floor(log10(abs(value))) if value else 0
    return f"{round(value, places):,.{max(0, places)}f}"


def as_number(found: Spread | None, reason: str = "") -> str:
    """A median with its spread; without a value, the reason."""
    if found is None:
        return reason or DASH
    return f"{significant(found.median)} ({significant(found.low)}–{significant(found.high)})"


def as_time(found: Spread | None, reason: str = "") -> str:
    """Seconds with their spread, in the unit that suits the median; without a value, the reason."""
    if found is None:
        return reason or DASH
    scale, unit = _unit(found.median, _SECONDS)
    return f"{as_number(Spread(found.median / scale, found.low / scale, found.high / scale))} {unit}"


def in_seconds(value: float) -> str:
    """A time in seconds, written in the unit that suits it."""
    scale, unit = _unit(value, _SECONDS)
    return f"{significant(value / scale)} {unit}"


def in_bytes(value: float) -> str:
    """A size in bytes, written in the unit that suits it."""
    scale, unit = _unit(value, _BYTES)
    return f"{significant(value / scale)} {unit}"


def _unit(value: float, units: Sequence[tuple[float, str]]) -> tuple[float, str]:
    return next((one for one in units if abs(value) >= one[0]), units[-1])
