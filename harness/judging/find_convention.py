"""Find the convention that an implementation follows, also where its numbers are not right under any.

First the layout, by the shapes. Then the sign and the cost: those under which all cases agree, or else those that
explain the most entries exactly. An entry that is in bounds only after a change of sign or a division by the number of
rows is hardly so by chance, so that a mistake in some entries does not hide the convention of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from harness.judging.conventions import Convention, quantities_or_refusal
from harness.judging.conventions.declarations import CONVENTION_VALUES
from harness.judging.conventions.variants import (
    has_no_bias_gradient,
    has_shapes_of,
    layout_variants,
    scale_variants,
)
from harness.judging.judge import Trial, judge_case, standard_of
from harness.sandbox.answers import Arrays
from harness.truth.certify import error_over_bound

MAX_COUNTED = 4  # failing cases of a cost, and as many agreeing ones, whose entries are counted


def find_convention(declared: Convention, failing: Sequence[Trial], agreeing: Sequence[Trial]) -> Convention:
    """The convention that explains the failing cases, or the most of their entries.

    Under `declared`, the failing cases are out of bounds or have wrong shapes, and the agreeing ones are right.
    """
    trials = [*failing, *agreeing]
    layouts = [one for one in possible_layouts(declared) if all(is_fitting(one, trial) for trial in failing)]
    if not all(has_no_bias_gradient(trial.answers, trial.inputs) for trial in trials):
        layouts = [one for one in layouts if one.bias != "none" or declared.bias == "none"]
    candidates = [*layouts, *(one for layout in layouts for one in scale_variants(layout)[1:])]
    # Another subgradient is found only if it explains everything: it shows in few entries.
    for candidate in (*candidates, *(replace(one, subgradient="any") for one in candidates)):
        if all(_explains(candidate, trial) for trial in trials):
            return candidate
    if not candidates:
        return declared
    costs = dict.fromkeys(trial.inputs.network.cost.name for trial in trials)
    counted = [one for cost in costs for part in (failing, agreeing) for one in _telling(part, cost)]

    def explained(convention: Convention) -> int:
        return sum(_entries_explained(convention, trial) for trial in counted)

    # If no entry tells, gradients of biases that are 0 everywhere are those of a network without biases.
    found = max(candidates, key=lambda one: (explained(one), one.bias == "none"))
    for cost in costs if len(costs) > 1 else ():
        others = [found.with_reduction(cost, reduction) for reduction in CONVENTION_VALUES["reduction"]]
        found = max([found, *others], key=explained)
    return found


def possible_layouts(declared: Convention) -> list[Convention]:
    """The declared convention, those with another layout, and those of a network without biases."""
    without = [replace(declared, bias="none", layout=layout) for layout in CONVENTION_VALUES["layout"]]
    return list(dict.fromkeys([*layout_variants(declared), *without]))


def is_fitting(convention: Convention, trial: Trial) -> bool:
    """Whether backprop returned the shapes of this convention, or nothing."""
    arrays = _backprop_arrays(trial)
    return not arrays or has_shapes_of(convention, arrays, trial.inputs)


def _backprop_arrays(trial: Trial) -> Arrays:
    return trial.answers["backprop"].arrays if "backprop" in trial.answers else {}


def _explains(convention: Convention, trial: Trial) -> bool:
    return is_fitting(convention, trial) and not judge_case(trial, convention).out_of_bounds


def _telling(trials: Iterable[Trial], cost: str) -> list[Trial]:
    """Some cases of a cost: first those with several rows and outputs, which tell means apart, then small ones."""

    def rank(trial: Trial) -> tuple[bool, int]:
        return min(trial.inputs.t.shape) < 2, trial.inputs.work

    return sorted((one for one in trials if one.inputs.network.cost.name == cost), key=rank)[:MAX_COUNTED]


def _entries_explained(convention: Convention, trial: Trial) -> int:
    """The number of entries that are in bounds and whose true value is not 0, which every factor leaves alone."""
    count = 0
    for function, answer in trial.answers.items():
        for key, array in quantities_or_refusal(function, answer, trial.inputs, convention)[0].items():
            standard = standard_of(key, array, trial, convention)
            allowed = standard.bound + standard.truth.radius + standard.changes.width
            telling = ~standard.undecidable & (np.abs(standard.truth.high) > allowed)
            count += int((telling & (error_over_bound(array, standard) <= 1)).sum())
    return count
