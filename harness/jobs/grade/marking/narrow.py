"""Numbers of narrower arithmetic: how far from the truth it may lead, and whether all of a case are its numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.judging.arithmetic.formats import FLOAT32
from harness.judging.causes.measurements import Suspect
from harness.judging.conventions import Convention
from harness.judging.judge import Outcome, standard_of
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.float_format import float_format
from harness.truth.certify import Standard, error_over_bound


def is_within_coarse(key: ArrayKey, outcome: Outcome) -> bool:
    """Whether the errors of a quantity are at most what the coarsest arithmetic in use explains, of each entry or of
    the largest one: a file that loses more digits computes no gradient."""
    standard = standard_of(key, outcome.quantities[key], outcome.trial, Convention())
    coarse = float_format("coarse").u * np.abs(standard.truth.high).max(initial=0.0)
    error = np.abs(standard.error(outcome.quantities[key]))
    return bool((error <= len(outcome.trial.inputs.x) * coarse + standard.bound).all())


def is_single(outcome: Outcome) -> bool:
    """Whether all gradients and δ that are shown are float32 numbers, in a case in float64."""
    shown = [array for (name, _), array in outcome.quantities.items() if name != "update"]
    return outcome.trial.case.dtype == "float64" and bool(shown) and all(map(_holds, shown))


def _holds(array: np.ndarray) -> bool:
    return FLOAT32.holds(array, np.zeros_like(array))


def right_in_single(outcome: Outcome, convention: Convention) -> frozenset[ArrayKey]:
    """The (quantity, layer) that are right for code that works in float32."""
    trial = outcome.trial
    try:
        standards: Mapping[ArrayKey, Standard] = Suspect.of(
            trial.inputs, trial.case.learning_rate, "float32", convention
        ).standards
    except ValueError:  # there is no truth
        return frozenset()
    shown = {key: array for key, array in outcome.quantities.items() if key in standards}
    return frozenset(key for key, array in shown.items() if (error_over_bound(array, standards[key]) <= 1).all())
