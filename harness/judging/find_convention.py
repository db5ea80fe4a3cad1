"""Find the convention that an implementation follows, also where its numbers are not right under any.

First the layout, by the shapes. Then the sign and the cost: those under which all cases agree, if need be within the
bounds of float32; or else those declared if the output layer is right under them; or else those that explain the most
entries exactly. An entry that is in bounds only after a change of sign or a division by the number of rows is hardly so
by chance, so that a mistake in some entries does not hide the convention of the others. A factor of the cost is in
every layer, so one that is not in the output layer is a mistake, in however many entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.judging.conventions import Convention, quantities_or_refusal
from harness.judging.conventions.declarations import CONVENTION_VALUES
from harness.judging.conventions.variants import (
    has_no_bias_gradient,
    has_shapes_of,
    has_weight_gradient,
    layout_variants,
    scale_variants,
)
from harness.judging.judge import CaseTruth, Trial, judge_case, standard_of
from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import error_over_bound

MAX_COUNTED = 4  # failing cases of a cost, and as many agreeing ones, whose entries are counted


def find_convention(declared: Convention, failing: Sequence[Trial], agreeing: Sequence[Trial]) -> Convention:
    """The convention that explains the failing cases, or the most of their entries.

    Under `declared`, the failing cases are out of bounds or have wrong shapes, and the agreeing ones are right.
    """
    trials = [*failing, *agreeing]
    layouts = [one for one in possible_layouts(declared) if all(is_fitting(one, trial) for trial in failing)]
    has_no_bias = all(has_no_bias_gradient(trial.answers, trial.inputs) for trial in trials)
    if not (has_no_bias and any(has_weight_gradient(trial.answers, trial.inputs) for trial in trials)):
        layouts = [one for one in layouts if one.bias != "none" or declared.bias == "none"]
    candidates = [*layouts, *(one for layout in layouts for one in scale_variants(layout)[1:])]
    # Another subgradient is found only if it explains everything: it shows in few entries.
    for candidate in (*candidates, *(replace(one, subgradient="any") for one in candidates)):
        if all(_explains(candidate, trial) for trial in trials):
            return candidate
    if not candidates:
        return declared
    costs = dict.fromkeys(trial.inputs.network.cost.name for trial in trials)
    by_cost = {cost: [one for part in (failing, agreeing) for one in _telling(part, cost)] for cost in costs}
    counted = [one for some in by_cost.values() for one in some]
    # Of code that computes in float32, hardly an entry is in bounds.
    in_float32 = [_in_float32(one) for one in counted]
    for candidate in candidates:
        if all(_explains(candidate, trial) for trial in in_float32):
            return candidate
    for layout in layouts:
        if _is_output_right(layout, counted):
            return layout

    def explained(convention: Convention) -> int:
        return sum(_entries_explained(convention, trial) for trial in counted)

    # If no entry tells, gradients of biases that are 0 everywhere are those of a network without biases.
    found = max(candidates, key=lambda one: (explained(one), one.bias == "none"))
    for cost in costs if len(costs) > 1 else ():
        if _is_output_right(found, by_cost[cost]):
            continue
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


def _in_float32(trial: Trial) -> Trial:
    """The same trial, to be judged as code that computes in float32."""
    return replace(trial, truth=CaseTruth.of(replace(trial.case, dtype="float32"), trial.inputs))


def _telling(trials: Iterable[Trial], cost: str) -> list[Trial]:
    """Some cases of a cost: first those with several rows and outputs, which tell means apart, then small ones."""

    def rank(trial: Trial) -> tuple[bool, int]:
        return min(trial.inputs.t.shape) < 2, trial.inputs.work

    return sorted((one for one in trials if one.inputs.network.cost.name == cost), key=rank)[:MAX_COUNTED]


def _is_output_right(convention: Convention, trials: Iterable[Trial]) -> bool:
    """Whether the output layer of all trials is in bounds, with an entry that tells."""
    judged = [
        (telling, is_right)
        for trial in trials
        for key, telling, is_right in _telling_entries(convention, trial)
        if key[1] == len(trial.inputs.network.layers)
    ]
    return any(telling.any() for telling, _ in judged) and all(is_right.all() for _, is_right in judged)


def _entries_explained(convention: Convention, trial: Trial) -> int:
    """The number of entries that tell and are in bounds."""
    return sum(int((telling & is_right).sum()) for _, telling, is_right in _telling_entries(convention, trial))


def _telling_entries(convention: Convention, trial: Trial) -> Iterator[tuple[ArrayKey, Array, Array]]:
    """Of each quantity, which entries tell, because their true value is not 0, which every factor leaves alone; and
    which are in bounds."""
    for function, answer in trial.answers.items():
        for key, array in quantities_or_refusal(function, answer, trial.inputs, convention)[0].items():
            standard = standard_of(key, array, trial, convention)
            allowed = standard.bound + standard.truth.radius + standard.changes.width
            telling = ~standard.undecidable & (np.abs(standard.truth.high) > allowed)
            yield key, telling, error_over_bound(array, standard) <= 1
