"""A figure is a median with its spread; ratios are taken round by round; and how figures are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from statistics import median

from benchmarks.races import Result

_SECONDS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
NONE = "–"


@dataclass(frozen=True)
class Figure:
    """The median over the rounds, and the smallest and the largest."""

    median: float
    low: float
    high: float


def figure(values: Sequence[float]) -> Figure | None:
    """The figure of these rounds; None where there are none."""
    return Figure(median(values), min(values), max(values)) if values else None


def seconds(result: Result) -> Figure | None:
    return figure(result.seconds)


def ratio(one: Result, other: Result) -> Figure | None:
    """How many times the other's seconds: a ratio in each round, which a slow stretch of the machine leaves alone, and
    of these the median. None where one of the two has no seconds."""
    if not one.seconds or not other.seconds:
        return None
    return figure([a / b for a, b in zip(one.seconds, other.seconds, strict=True)])


def significant(value: float) -> str:
    """Three digits, with no power of ten."""
    places = 2 - floor(log10(abs(value))) if value else 0
    return f"{round(value, places):,.{max(0, places)}f}"


def plain(found: Figure | None, reason: str = "") -> str:
    """A number with its spread; for no number, the reason."""
    if found is None:
        return reason or NONE
    return f"{significant(found.median)} ({significant(found.low)}–{significant(found.high)})"


def timed(found: Figure | None, reason: str = "") -> str:
    """Seconds with their spread, in the unit that suits the median."""
    if found is None:
        return reason or NONE
    scale, unit = _unit(found.median, _SECONDS)
    return f"{plain(Figure(found.median / scale, found.low / scale, found.high / scale))} {unit}"


def in_seconds(value: float) -> str:
    scale, unit = _unit(value, _SECONDS)
    return f"{significant(value / scale)} {unit}"


def in_bytes(value: float) -> str:
    scale, unit = _unit(value, _BYTES)
    return f"{significant(value / scale)} {unit}"


def _unit(value: float, units: Sequence[tuple[float, str]]) -> tuple[float, str]:
    return next((one for one in units if abs(value) >= one[0]), units[-1])
