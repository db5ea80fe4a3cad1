"""Whether the backward pass is right for the z and a of a wrong forward pass: then its errors are only consequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.judging.conventions import Convention
from harness.judging.judge import FORWARD_QUANTITIES, Outcome
from harness.model.textbook import Textbook
from harness.truth.bounds.float_format import float_format
from harness.truth.bounds.rounded_array import RoundedArray, rounded_inputs


def follows_from_forward(outcomes: Sequence[Outcome], convention: Convention) -> bool:
    """Whether in all cases with a wrong forward pass everything after it is right for its z and a.

    That can be told only if z and a of every layer are shown. The errors of the other cases are not looked at.
    """
    wrong = [outcome for outcome in outcomes if any(name in FORWARD_QUANTITIES for name, _ in outcome.out_of_bounds)]
    return bool(wrong) and all(_is_backward_right(outcome, convention) for outcome in wrong)


def _is_backward_right(outcome: Outcome, convention: Convention) -> bool:
    trial, shown = outcome.trial, outcome.quantities
    book = Textbook(rounded_inputs(trial.inputs, trial.case.dtype), scale=convention.scale(trial.inputs))
    fmt = float_format(trial.case.dtype)
    for l in range(1, book.last + 1):
        if not all((name, l) in shown for name in FORWARD_QUANTITIES):
            return False
        z, a = shown["z", l], shown["a", l]
        book.z[l], book.a[l] = RoundedArray(z, np.zeros_like(z), fmt), RoundedArray(a, np.zeros_like(a), fmt)
    with np.errstate(all="ignore"):
        gradients = book.gradients()
        expected = {(name, l): one for name in ("delta", "w", "b") for l, one in enumerate(getattr(gradients, name), 1)}
        return all(
            (np.abs(array - expected[key].value) <= 2 * expected[key].error).all()
            for key, array in shown.items()
            if key in expected
        )
