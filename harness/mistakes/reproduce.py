"""Compare the numbers of a wrong formulation with those of a submission, within the rounding of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.judging.arithmetic.formats import FLOAT32
from harness.judging.arithmetic.storage import has_nonzero, storage_costs
from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS
from harness.mistakes.subject import Subject
from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.rounded_array import RoundedArray, append_bias_column

REPRODUCED, OPEN, CONTRADICTED = "reproduced", "open", "contradicted"
RoundedQuantities = Mapping[ArrayKey, RoundedArray]


def try_formulation(formulation: type[AlteredTextbook], subject: Subject) -> str:
    """Compare a formulation's numbers with the subject's.

    REPRODUCED if they are the same, and differ from the truth; CONTRADICTED if they are not the same; OPEN if the
    formulation has no finite number, or its rounding bound includes the truth.
    """
    inputs, mine = subject.inputs, subject.first
    with np.errstate(all="ignore"):
        try:
            book, first, second = candidate_calls(formulation, subject)
        except MISFITS:  # its shapes do not fit the network, but the submission's do
            return CONTRADICTED
        if book.changes_inputs() != subject.changed:
            return CONTRADICTED
        if formulation.dtype == "float32" and not _all_float32(subject):
            return CONTRADICTED
        masks = {key: entries for key, (entries, _) in subject.out_of_bounds.items()}
        costs: Arrays | None = {}
        if formulation.dtype == "float16":
            costs = storage_costs(subject.first, masks, inputs, subject.learning_rate)
        if costs is None:
            return CONTRADICTED
        again = mine if subject.second is None else subject.second
        is_consistent = partial(_is_consistent, costs, formulation.shows_as_nan())
        divisor = next((d for d in delta_divisors(subject) if is_consistent(mine, first, d)), None)
        if divisor is None:
            return CONTRADICTED
        if not (subject.changed or is_consistent(again, second, divisor)):
            return CONTRADICTED
        if subject.changed or (subject.second is not None and _calls_differ(first, second)):
            return REPRODUCED
        if formulation.dtype is not None:  # that all numbers are of this dtype is the evidence
            return REPRODUCED if has_nonzero(subject.first, masks) else OPEN
        shown = any(
            _is_shown(mine[key], _divided(first[key], key, divisor), entries, truth)
            or (formulation.shows_as_nan() and np.isnan(mine[key]).any())
            for key, (entries, truth) in subject.out_of_bounds.items()
        )
        return REPRODUCED if shown else OPEN


def candidate_calls(
    formulation: type[AlteredTextbook], subject: Subject
) -> tuple[AlteredTextbook, RoundedQuantities, RoundedQuantities]:
    """A formulation on the subject's inputs, and the quantities of both of its calls, with their rounding bounds.

    Raises ValueError, IndexError or KeyError if the formulation does not fit the network.
    """
    right = subject.right_formulation(formulation.computes_in or subject.dtype)
    scale = subject.convention.scale(subject.inputs)
    book = formulation(right.inputs, subject.learning_rate if subject.function == "step" else None, scale)
    book.take_forward(right)
    calls, rate = _calls(book, subject.function), subject.convention.learning_rate
    first, second = (as_read(call, subject.inputs, rate) for call in calls)
    return book, first, second


def as_read(quantities: RoundedQuantities, inputs: Inputs, rate: float | None) -> RoundedQuantities:
    """The same, with gradients that may have been read from moved weights, as a fixed `rate` allows; None if there is
    none.

    Each row may round a number of the size of the old weights.
    """
    if rate is None:
        return quantities
    found = dict(quantities)
    for (name, l), one in quantities.items():
        if name in ("w", "b"):
            old = np.abs(getattr(inputs.network.layers[l - 1], name).astype(np.float64))
            rounding = (len(inputs.x) + 3) * one.fmt.u * old / rate
            found[name, l] = RoundedArray(one.value, one.error + rounding, one.fmt)
    return found


def call_quantities(
    formulation: type[Textbook], function: str, inputs: Inputs, learning_rate: float, scale: CostScale
) -> tuple[dict[ArrayKey, Any], dict[ArrayKey, Any]]:
    """The quantities of the first and of the second call of a formulation; they are RoundedArray if the inputs are.

    Raises ValueError, IndexError or KeyError if the formulation does not fit the network.
    """
    return _calls(formulation(inputs, learning_rate if function == "step" else None, scale), function)


def _calls(book: Textbook, function: str) -> tuple[dict[ArrayKey, Any], dict[ArrayKey, Any]]:
    calls = []
    for call in (1, 2) if book.differs_on_second_call else (1,):
        if function == "step":
            pairs = zip(book.network.layers, book.step(call).layers, strict=True)
            calls.append(
                {
                    ("update", l): append_bias_column(old.w - new.w, old.b - new.b)
                    for l, (old, new) in enumerate(pairs, start=1)
                }
            )
        else:
            gradients = book.gradients(call)
            by_name = {name: getattr(gradients, name) for name in ("w", "b", "delta", "z", "a")}
            calls.append({(name, l): one for name, layers in by_name.items() for l, one in enumerate(layers, start=1)})
    return calls[0], calls[-1]


def delta_divisors(subject: Subject) -> Sequence[float]:
    """What the formulas' deltas may be divided by: they may be those of the sum although the gradients are a mean."""
    divisor = subject.convention.scale(subject.inputs).divisor
    has_delta = any(name == "delta" for name, _ in subject.first)
    return (1.0, 1 / divisor) if has_delta and divisor > 1 else (1.0,)


def _divided(other: RoundedArray, key: ArrayKey, divisor: float) -> RoundedArray:
    return other / divisor if key[0] == "delta" and divisor != 1 else other


def _is_consistent(costs: Arrays, shows_as_nan: bool, mine: Arrays, theirs: RoundedQuantities, divisor: float) -> bool:
    """Whether all numbers are the candidate's, within twice its rounding bound plus the error of storing.

    A candidate's NaN or infinity contradicts nothing, except if NaN is what shows the mistake: then the submission's
    must be in the same places.
    """
    for key, array in mine.items():
        other = _divided(theirs[key], key, divisor)
        if shows_as_nan and (np.isnan(array) != np.isnan(other.value)).any():
            return False
        if not are_of_formula(array, other, costs.get(key, 0.0)):
            return False
    return True


def are_of_formula(mine: Array, its: RoundedArray, storing: Array | float = 0.0) -> bool:
    """Whether all numbers are a formula's, within twice its rounding bound and an error of storing.

    A number that the formula has not, or of which the bound is unknown, contradicts nothing.
    """
    unknown = ~np.isfinite(its.value) | np.isnan(its.error)
    return bool(((np.abs(mine - its.value) <= 2 * its.error + storing) | unknown).all())


def _calls_differ(first: RoundedQuantities, second: RoundedQuantities) -> bool:
    """Whether the candidate's two calls differ by more than their rounding bounds."""
    return any((np.abs(second[k].value - first[k].value) > 2 * (second[k].error + first[k].error)).any() for k in first)


def _is_shown(array: Array, other: RoundedArray, entries: Array, truth: Array) -> bool:
    """Whether some of the `entries` are the candidate's and differ from the truth by more than rounding.

    An unbounded error satisfies no comparison.
    """
    its = np.abs(array - other.value) <= 2 * other.error
    return bool((entries & its & (np.abs(other.value - truth) > 2 * other.error)).any())


def _all_float32(subject: Subject) -> bool:
    """Whether all numbers are float32 numbers; for an update, the new weights, within the subtraction's rounding."""
    for (name, l), array in subject.first.items():
        value, room = array, np.zeros_like(array)
        if name == "update":
            layer = subject.inputs.network.layers[l - 1]
            value = np.column_stack([layer.w, layer.b]) - array
            room = 2.0**-52 * (np.abs(value) + np.abs(array))
        if not FLOAT32.holds(value, room):
            return False
    return True
