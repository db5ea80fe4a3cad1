"""Find the convention that an implementation follows, also where its numbers are not right under any.

First the layout, by the shapes. Then the sign and the cost: those under which all cases agree, if need be with a fixed
learning rate or a penalty, or within the bounds of float32; or else those declared if the output layer is right under
them; or else those that explain the most entries exactly. An entry that is in bounds only after a change of sign or a
division by the number of rows is hardly so by chance, so that a mistake in some entries does not hide the convention of
the others. A factor of the cost is in every layer, so one that is not in the output layer is a mistake, in however many
entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from harness.judging.fixed_numbers import with_fixed_number
from harness.judging.judge import CaseTruth, Trial, is_out_of_bounds, standard_of
from harness.model.contract import Array
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.certify import error_over_bound

MAX_COUNTED = 6  # failing cases of a cost whose arrays are counted
SHARE_OF_CASES = 0.5  # of the counted cases, in which an array of the output layer must be right under another scale


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
    if not candidates:
        return declared
    # Another subgradient is found only if it explains everything: it shows in few entries.
    for candidate in (*candidates, *(replace(one, subgradient="any") for one in candidates)):
        if all(_explains(candidate, trial) for trial in trials):
            return candidate
    for candidate in (one for base in candidates for one in with_fixed_number(base, failing)):
        if all(_explains(candidate, trial) for trial in trials):
            return candidate
    by_cost = _by_cost(trials)
    for candidate in candidates if len(by_cost) > 1 else ():
        composed = _composed(candidate, by_cost)
        if composed is not None:
            return composed
    # Of code that computes in float32, hardly an entry is in bounds.
    failing_by_cost = {cost: _telling(some) for cost, some in _by_cost(failing).items()}
    counted = [one for some in failing_by_cost.values() for one in some]
    in_float32 = [_in_float32(one) for one in (*counted, *agreeing)]
    for candidate in candidates:
        if all(_explains(candidate, trial) for trial in in_float32):
            return candidate
    for layout in layouts:
        if _is_output_right(layout, counted):
            return layout
    return _of_most_entries(declared, layouts, candidates, failing_by_cost, agreeing, has_costs=len(by_cost) > 1)


def _of_most_entries(
    declared: Convention,
    layouts: Sequence[Convention],
    candidates: Iterable[Convention],
    counted: Mapping[str, Sequence[Trial]],
    agreeing: Sequence[Trial],
    *,
    has_costs: bool,
) -> Convention:
    """The convention that explains the most entries of the counted cases, which are by cost; has_costs if of several.

    One that a right case contradicts is none, and a scale under which no array of the output layer is right in many of
    them is chance: where η is 1/m, η² is the update of a mean over the outputs.
    """
    all_counted = [one for some in counted.values() for one in some]

    def is_possible(convention: Convention, some: Sequence[Trial]) -> bool:
        shown = sum(_has_right_array_at_output(convention, trial) for trial in some)
        is_shown = convention in layouts or shown >= len(some) * SHARE_OF_CASES
        return is_shown and all(_explains(convention, trial) for trial in agreeing)

    def explained(convention: Convention) -> float:
        return sum(_share_explained(convention, trial) for trial in all_counted)

    # If no entry tells, gradients of biases that are 0 everywhere are those of a network without biases.
    possible = [one for one in candidates if is_possible(one, all_counted)]
    found = max(possible or [declared], key=lambda one: (explained(one), one.bias == "none"))
    for cost, some in counted.items() if has_costs else ():
        if not _is_output_right(found, some):
            others = [found.with_reduction(cost, reduction) for reduction in CONVENTION_VALUES["reduction"]]
            found = max([found, *(one for one in others if is_possible(one, some))], key=explained)
    return found


def _by_cost(trials: Iterable[Trial]) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.inputs.network.cost.name, []).append(trial)
    return found


def _composed(convention: Convention, by_cost: Mapping[str, Sequence[Trial]]) -> Convention | None:
    """The convention with a reduction for each cost that explains all of its cases; None if some cost has none."""
    for cost, trials in by_cost.items():
        own = convention.reduction_of(cost)
        reductions = dict.fromkeys([own, *CONVENTION_VALUES["reduction"]])
        variants = (convention.with_reduction(cost, reduction) for reduction in reductions)
        found = next((one for one in variants if all(_explains(one, trial) for trial in trials)), None)
        if found is None:
            return None
        convention = found
    return convention


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
    return is_fitting(convention, trial) and not is_out_of_bounds(trial, convention)


def _in_float32(trial: Trial) -> Trial:
    """The same trial, to be judged as code that computes in float32."""
    return replace(trial, truth=CaseTruth.of(replace(trial.case, dtype="float32"), trial.inputs))


def _telling(trials: Iterable[Trial]) -> list[Trial]:
    """Some cases: first those with several rows and outputs, which tell means apart, then small ones."""

    def rank(trial: Trial) -> tuple[bool, int]:
        return min(trial.inputs.t.shape) < 2, trial.inputs.work

    return sorted(trials, key=rank)[:MAX_COUNTED]


def _is_output_right(convention: Convention, trials: Iterable[Trial]) -> bool:
    """Whether the output layer of all trials is in bounds, with an entry that tells."""
    judged = [
        (telling, is_right)
        for trial in trials
        for key, telling, is_right in _telling_entries(convention, trial)
        if key[1] == len(trial.inputs.network.layers)
    ]
    return any(telling.any() for telling, _ in judged) and all(is_right.all() for _, is_right in judged)


def _has_right_array_at_output(convention: Convention, trial: Trial) -> bool:
    """Whether some array of the output layer is in bounds, with an entry that tells."""
    last = len(trial.inputs.network.layers)
    arrays = _telling_entries(convention, trial)
    return any(key[1] == last and telling.any() and is_right.all() for key, telling, is_right in arrays)


def _share_explained(convention: Convention, trial: Trial) -> float:
    """The number of arrays that are in bounds, each counted by the share of its telling entries that are.

    So the few biases weigh as much as the many weights.
    """
    arrays = _telling_entries(convention, trial)
    return sum(float(is_right[telling].mean()) for _, telling, is_right in arrays if telling.any())


def _telling_entries(convention: Convention, trial: Trial) -> Iterator[tuple[ArrayKey, Array, Array]]:
    """Of each quantity, which entries tell, because their true value is not 0, which every factor leaves alone; and
    which are in bounds."""
    for function, answer in trial.answers.items():
        for key, array in quantities_or_refusal(function, answer, trial.inputs, convention)[0].items():
            standard = standard_of(key, array, trial, convention)
            allowed = standard.bound + standard.truth.radius + standard.changes.width
            telling = ~standard.undecidable & (np.abs(standard.truth.high) > allowed)
            yield key, telling, error_over_bound(array, standard) <= 1
