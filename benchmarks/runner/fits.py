"""Power laws fitted to measured times: the exponent with its spread, and extrapolation to larger sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from statistics import linear_regression

from benchmarks.runner.figures import Spread, spread

Points = Sequence[tuple[float, float]]
FITTED = 3  # of the largest sizes; at smaller ones, constant costs hide the growth


def fitted_exponent(points: Points) -> float:
    """The exponent k of y = c·x^k by least squares on the logarithms. Needs two points of different x."""
    return linear_regression([log(x) for x, _ in points], [log(y) for _, y in points]).slope


def growth_exponent(sizes: Sequence[float], rounds: Sequence[Sequence[float]]) -> Spread | None:
    """The exponent over the largest sizes, fitted in each round; None if there are fewer than FITTED sizes.

    `rounds` holds the seconds of each size, one value for each round.
    """
    largest = sorted(zip(sizes, rounds, strict=True))[-FITTED:]
    if len(largest) < FITTED:
        return None
    x = [size for size, _ in largest]
    by_round = zip(*(seconds for _, seconds in largest), strict=True)
    return spread([fitted_exponent(list(zip(x, y, strict=True))) for y in by_round])


def extrapolated(points: Points, x: float) -> float | None:
    """y at x, by the power law through the largest points; None if there are fewer than two."""
    largest = sorted(points)[-FITTED:]
    if len({x for x, _ in largest}) < 2:
        return None
    fit = linear_regression([log(x) for x, _ in largest], [log(y) for _, y in largest])
    return exp(fit.intercept + fit.slope * log(x))
