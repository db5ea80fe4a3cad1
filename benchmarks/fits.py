"""Powers fitted to figures: the exponent of a growth, with its spread, and what a growth predicts."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from statistics import linear_regression, median

from benchmarks.figures import Figure

Points = Sequence[tuple[float, float]]
TOP = 3  # points: below them, what grows is hidden by what does not


def exponent(points: Points) -> float:
    """The k of y ~ x^k, by least squares on the logarithms. Needs two points of different x."""
    return linear_regression([log(x) for x, _ in points], [log(y) for _, y in points]).slope


def growth(sizes: Sequence[float], rounds: Sequence[Sequence[float]]) -> Figure | None:
    """The exponent over the largest sizes; `rounds` holds the seconds of each size, one for each round. A fit for each
    round gives the median and the spread; None where there are fewer sizes than a fit needs."""
    largest = sorted(zip(sizes, rounds, strict=True))[-TOP:]
    if len(largest) < TOP:
        return None
    x = [size for size, _ in largest]
    found = [exponent(list(zip(x, y, strict=True))) for y in zip(*(seconds for _, seconds in largest), strict=True)]
    return Figure(median(found), min(found), max(found))


def predicted(points: Points, x: float) -> float | None:
    """y at x, by the power through the largest points; None where there are fewer than two."""
    largest = sorted(points)[-TOP:]
    if len({x for x, _ in largest}) < 2:
        return None
    fit = linear_regression([log(x) for x, _ in largest], [log(y) for _, y in largest])
    return exp(fit.intercept + fit.slope * log(x))
