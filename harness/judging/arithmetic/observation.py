"""What is known about a file's numbers, and what they were recognised as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.judging.arithmetic.formats import narrower_than
from harness.judging.conventions import Convention
from harness.model.contract import Array, Inputs
from harness.model.costs import UNSCALED, CostScale
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import Standard, error_over_bound


@dataclass(frozen=True, eq=False)
class Observation:
    """The quantities that one function computed on one case, in the default layout and sign.

    `values` has float64 arrays for (z | a | delta | w | b | update, layer), and `standards` the standard of each under
    the file's convention, whose factor and divisor of the cost are `scale`. `dtype` is the precision that the file
    should have.
    """

    inputs: Inputs
    learning_rate: float
    dtype: str
    values: Arrays
    standards: Mapping[ArrayKey, Standard]
    scale: CostScale = UNSCALED

    @cached_property
    def signed_errors(self) -> dict[ArrayKey, Array]:
        """value − truth of every entry; near a kink of relu, the distance from the nearest possible value."""
        return {key: self.standards[key].error(value) for key, value in self.values.items()}

    @cached_property
    def errors(self) -> dict[ArrayKey, Array]:
        """|value − truth| of every entry."""
        return {key: np.abs(error) for key, error in self.signed_errors.items()}

    @cached_property
    def bounds(self) -> dict[ArrayKey, Array]:
        """The largest error of correct code for every entry, with the radius of the truth."""
        return {key: self.standards[key].bound + self.standards[key].truth.radius for key in self.values}

    @cached_property
    def ratios(self) -> dict[ArrayKey, Array]:
        """error / bound of every entry; undecidable entries count as 0, NaN stays NaN."""
        return {key: error_over_bound(value, self.standards[key]) for key, value in self.values.items()}

    @cached_property
    def out_of_bounds(self) -> dict[ArrayKey, Array]:
        """For each quantity with an entry out of bounds, the mask of these entries."""
        masks = {key: ~(ratio <= 1) for key, ratio in self.ratios.items()}
        return {key: mask for key, mask in masks.items() if mask.any()}

    @cached_property
    def largest_ratio(self) -> float:
        """The largest finite error / bound."""
        return max((float(np.max(one, initial=0.0, where=np.isfinite(one))) for one in self.ratios.values()), default=0)


def observed(
    values: Arrays,
    standards: Mapping[ArrayKey, Standard],
    inputs: Inputs,
    learning_rate: float,
    dtype: str,
    convention: Convention,
) -> list[Observation]:
    """What each function computed on a case: the quantities of `backprop`, and the updates of `step`."""
    used, rate, scale = convention.inputs(inputs), convention.rate(learning_rate), convention.scale(inputs)
    parts = ({key: one for key, one in values.items() if (key[0] == "update") == is_step} for is_step in (False, True))
    return [Observation(used, rate, dtype, part, standards, scale) for part in parts if part]


def loses_power(standards: Mapping[ArrayKey, Standard], dtype: str) -> bool:
    """Whether the bounds of some quantity allow, in the mean, errors as large as one conversion to a narrower format.

    Then numbers in a narrow format may be within all bounds.
    """
    unit = narrower_than(dtype)[0].largest_relative_error
    return any(
        float(one.bound.sum()) >= unit * float(np.abs(one.truth.high).sum())  # of as many entries
        for one in standards.values()
        if one.bound.size
    )


def has_digits(standard: Standard) -> bool:
    """Whether the bounds are smaller, in the mean, than the numbers."""
    return float(standard.bound.sum()) < float(np.abs(standard.truth.high).sum())


@dataclass(frozen=True)
class NamedArithmetic:
    """Arithmetic that explains all numbers of a file.

    name: of the format, clip or epsilon. where: the part of the computation, in words. value: the size of the clip or
    the epsilon. reason: one sentence for the user. risk: a bound on the probability that correct code is called so, if
    a statistic decides.
    """

    name: str
    where: str
    value: float | None
    reason: str
    risk: float | None
