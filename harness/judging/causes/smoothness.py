"""Whether an error is a smooth function of the inputs, decided by the order of its values along a line.

The inputs move along a straight line in equal steps. The error of a wrong formula is as smooth as the formula: over a
short way it only grows or only falls, or hardly changes. Rounding depends on the last bits of the inputs, so its errors
come in any order, each order being equally likely, and are of either sign, or spread between 0 and the largest. A test
by ranks needs no other assumption on the errors (Kendall and Stuart, "The Advanced Theory of Statistics", volume 3,
section 45.18, for the turning points).

Lines are drawn independently, so the probabilities of one entry multiply. Entries of one gradient share their
roundings; so their count is judged by Markov's inequality, which holds for dependent entries too: if one entry is so
smooth with probability p, at least a share q of all entries is with probability p / q at most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array

LINE_POINTS = 8  # of a line
# The probability that the errors of arithmetic are in ascending or descending order; and that they are steady: of one
# sign, the largest less than twice the smallest. Errors that are uniform between 0 and a limit are so with this
# probability, those of either sign with a smaller one.
P_MONOTONE = 2 / math.factorial(LINE_POINTS)
P_STEADY = 2.0 ** (1 - LINE_POINTS)
# The level of significance: the largest probability of taking errors of arithmetic for those of a formula.
RISK = 1e-6


@dataclass(frozen=True, eq=False)
class ErrorsAlongLine:
    """What one line shows of each of the entries that were out of bounds at its start.

    probability: that an error of arithmetic is as smooth as this one, [entries]; 1 if it is not smooth. is_irregular:
    at least half of the errors turn twice or more, and are not steady. gross: which errors no usual arithmetic has,
    [entries]. is_coarse: the steps are larger than a unit in the last place of any usual arithmetic. is_empty: no entry
    shows anything.
    """

    probability: Array
    gross: Array
    is_coarse: bool
    is_irregular: bool
    is_empty: bool


def examine_line(errors: Array, gross: Array, *, is_coarse: bool = True) -> ErrorsAlongLine:
    """What the signed errors [LINE_POINTS, entries] along a line show; relative to the largest true entry of an array.

    An entry with an error that is not finite shows nothing, and neither does one that is no larger than the irregular
    ones: coarse arithmetic may have lost it as a whole, as 1 + x for a small x, which is as smooth as a formula.
    `gross` [entries] says which errors no usual arithmetic has: for them it is enough to be of one sign.
    """
    steps = np.diff(errors, axis=0)
    monotone = (steps > 0).all(axis=0) | (steps < 0).all(axis=0)
    of_one_sign = (errors.min(axis=0) > 0) | (errors.max(axis=0) < 0)
    steady = of_one_sign & (gross | (np.ptp(errors, axis=0) < np.abs(errors).min(axis=0)))
    turns = (np.sign(steps[1:]) != np.sign(steps[:-1])).sum(axis=0)
    known = np.isfinite(errors).all(axis=0)
    noise = np.ptp(errors[:, known & ~of_one_sign & ~monotone], axis=0).max(initial=0.0)
    probability = np.where(monotone, P_MONOTONE, np.where(steady, P_STEADY, 1.0))
    probability[~(gross | (np.abs(errors[0]) > noise))] = 1.0
    irregular = (turns >= 2) & ~steady
    is_irregular = bool(known.any()) and 2 * int(irregular[known].sum()) >= int(known.sum())
    return ErrorsAlongLine(probability, gross, is_coarse, is_irregular, is_empty=not known.any())


def risk_of(lines: Sequence[ErrorsAlongLine]) -> float:
    """The largest probability that errors of arithmetic are as smooth along these lines as those observed.

    If most errors are irregular along one of the lines, the arithmetic may be coarse, and smooth between the units in
    its last place: then only coarse lines count, except for errors that no usual arithmetic has.
    """
    each = np.prod([line.probability for line in lines], axis=0)
    if any(line.is_irregular for line in lines):
        coarse = [line.probability for line in lines if line.is_coarse]
        each = np.where(lines[0].gross, each, np.prod(coarse, axis=0) if coarse else 1.0)
    each = np.sort(each)
    shares = np.arange(1, each.size + 1) / each.size
    return float(min(1.0, (each / shares).min(initial=1.0)))


def is_formula(lines: Sequence[ErrorsAlongLine]) -> bool:
    """Whether the errors are shown to be those of a formula: smooth, at the risk RISK at most."""
    return risk_of(lines) <= RISK


def is_arithmetic(lines: Sequence[ErrorsAlongLine]) -> bool:
    """Whether the errors are shown to be irregular, as those of arithmetic are: no entry is smooth along two lines."""
    smooth = np.prod([line.probability for line in lines], axis=0) < P_STEADY
    return len(lines) >= 2 and not smooth.any() and all(line.is_irregular for line in lines)
