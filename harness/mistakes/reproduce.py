"""Compare the numbers of a wrong formulation with those of a submission, within the rounding of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.judging.arithmetic.float16 import are_representable, has_nonzero, storage_costs
from harness.judging.conventions import Convention
from harness.judging.conventions.standards import old_parameters
from harness.mistakes.candidates import Candidate
from harness.mistakes.entry import Mistake
from harness.mistakes.subject import Subject
from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.float_format import float_format
from harness.truth.bounds.rounded_array import RoundedArray, append_bias_column

REPRODUCED, OPEN, CONTRADICTED = "reproduced", "open", "contradicted"
RoundedQuantities = Mapping[ArrayKey, RoundedArray]


def try_candidate(candidate: Candidate, subject: Subject) -> str:
    """Compare a candidate's numbers with the subject's.

    REPRODUCED if they are the same, and differ from the truth; CONTRADICTED if they are not the same; OPEN if the
    candidate has no finite number, or its rounding bound includes the truth.
    """
    formulation, inputs = candidate.formulation, subject.inputs
    sign = subject.sign_under(candidate.convention)
    with np.errstate(all="ignore"):
        try:
            first, second = candidate_quantities(candidate, subject)
        except (ValueError, IndexError, KeyError):  # its shapes do not fit the network, but the submission's do
            return CONTRADICTED
        if formulation(inputs, None, candidate.convention.scale(inputs)).changes_inputs() != subject.changed:
            return CONTRADICTED
        if formulation.dtype == "float32" and not _all_float32(subject):
            return CONTRADICTED
        masks = {key: entries for key, (entries, _) in subject.out_of_bounds.items()}
        costs: Arrays | None = {}
        if formulation.dtype == "float16":
            costs = storage_costs(subject.first, masks, inputs, subject.learning_rate)
        if costs is None:
            return CONTRADICTED
        mine = {key: sign * array for key, array in subject.first.items()}
        again = mine if subject.second is None else {key: sign * array for key, array in subject.second.items()}
        divisor = next((d for d in _divisors(subject) if _is_consistent(mine, first, d, costs, formulation)), None)
        if divisor is None:
            return CONTRADICTED
        if not (subject.changed or _is_consistent(again, second, divisor, costs, formulation)):
            return CONTRADICTED
        if subject.changed or (subject.second is not None and _calls_differ(first, second)):
            return REPRODUCED
        if formulation.dtype is not None:  # that all numbers are of this dtype is the evidence
            return REPRODUCED if has_nonzero(subject.first, masks) else OPEN
        # The difference must come from the mistake, not from the convention, under which the truth is scaled.
        ratios = {1.0, sign * _scale_ratio(candidate.convention.scale(inputs), subject.convention.scale(inputs))}
        shown = any(
            _is_shown(mine[key], _divided(first[key], key, divisor), entries, [sign * one * truth for one in ratios])
            or (formulation.nan_is_evidence and np.isnan(mine[key]).any())
            for key, (entries, truth) in subject.out_of_bounds.items()
        )
        return REPRODUCED if shown else OPEN


def candidate_quantities(candidate: Candidate, subject: Subject) -> tuple[RoundedQuantities, RoundedQuantities]:
    """The quantities of both calls of a candidate on the subject's inputs, with their rounding bounds.

    Raises ValueError, IndexError or KeyError if the formulation does not fit the network.
    """
    right = subject.right_formulation(candidate.formulation.computes_in or subject.dtype)
    scale, eta = candidate.convention.scale(subject.inputs), subject.learning_rate
    if candidate.is_negative:
        scale, eta = replace(scale, factor=-scale.factor, penalty=-scale.penalty), -eta
    calls = call_quantities(candidate.formulation, subject.function, right.inputs, eta, scale, right)
    first, second = (_as_read(call, candidate.convention, subject.inputs) for call in calls)
    if not candidate.is_negative or subject.function == "step":
        return first, second
    negated = [{k: -one if k[0] in ("delta", "w", "b") else one for k, one in c.items()} for c in (first, second)]
    return negated[0], negated[1]


def _as_read(quantities: RoundedQuantities, convention: Convention, inputs: Inputs) -> RoundedQuantities:
    """The same, with gradients that may have been read from moved weights, as a fixed rate allows.

    Each row may round a number of the size of the old weights.
    """
    if convention.learning_rate is None:
        return quantities
    found = dict(quantities)
    for (name, l), one in quantities.items():
        if name in ("w", "b"):
            old = np.abs(getattr(inputs.network.layers[l - 1], name).astype(np.float64))
            rounding = (len(inputs.x) + 3) * one.fmt.u * old / convention.learning_rate
            found[name, l] = RoundedArray(one.value, one.error + rounding, one.fmt)
    return found


def call_quantities(
    formulation: type[Textbook],
    function: str,
    inputs: Inputs,
    learning_rate: float,
    scale: CostScale,
    right: Textbook | None = None,
) -> tuple[dict[ArrayKey, Any], dict[ArrayKey, Any]]:
    """The quantities of the first and of the second call of a formulation; they are RoundedArray if the inputs are.

    `right` is the right formulation on these inputs, if its forward pass is already computed. Raises ValueError,
    IndexError or KeyError if the formulation does not fit the network.
    """
    book = formulation(inputs, learning_rate if function == "step" else None, scale)
    if right is not None:
        book.take_forward(right)
    calls = []
    for call in (1,) if formulation.second_call is Textbook.second_call else (1, 2):
        if function == "step":
            pairs = zip(inputs.network.layers, book.step(call).layers, strict=True)
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


def fitting_conventions(
    formulation: type[Mistake], conventions: Sequence[Convention], subject: Subject
) -> list[Convention]:
    """The conventions under which the formulation may reproduce the output layer's gradient or update of the subject.

    That one is proportional to the scale of the cost, but for the penalty, which has a divisor of its own; so both are
    computed once for all. A mistake that depends on the scale in another way may be missed.
    """
    name, last = ("update" if subject.function == "step" else "w"), len(subject.inputs.network.layers)
    mine, own = subject.first[name, last], subject.convention.scale(subject.inputs)
    # An update is rounded at the size of the old weights, whatever the scale is, once for each row.
    rounding: Array | float = 0.0
    if name == "update":
        u = float_format(subject.dtype).u
        rounding = (len(subject.inputs.x) + 3) * u * np.abs(old_parameters(subject.inputs, last))

    def under(one: Convention) -> RoundedArray:
        return candidate_quantities(Candidate((formulation,), formulation, one), subject)[0][name, last]

    with np.errstate(all="ignore"):
        try:
            its = under(subject.convention)
            without = under(replace(subject.convention, l2=0)) if own.penalty else its
        except (ValueError, IndexError, KeyError):
            return []
        fitting = []
        for convention in conventions:
            scale = convention.scale(subject.inputs)
            scaled = without * _scale_ratio(scale, own)
            if own.penalty:
                scaled = scaled + (its - without) * (own.penalty_divisor / scale.penalty_divisor)
            scaled = scaled * subject.sign_under(convention)
            scaled = RoundedArray(scaled.value, scaled.error + rounding, scaled.fmt)
            if _is_consistent({(name, last): mine}, {(name, last): scaled}, 1, {}, formulation):
                fitting.append(convention)
    return fitting


def _divisors(subject: Subject) -> Sequence[int]:
    """The divisors to try for delta, which may be that of the sum or of a mean, whatever the gradients are."""
    rows, outputs = len(subject.inputs.x), subject.inputs.t.shape[1]
    has_delta = any(name == "delta" for name, _ in subject.first)
    return sorted({1, rows, outputs, rows * outputs}) if has_delta else (1,)


def _divided(other: RoundedArray, key: ArrayKey, divisor: int) -> RoundedArray:
    return other / divisor if key[0] == "delta" and divisor > 1 else other


def _is_consistent(
    mine: Arrays, theirs: RoundedQuantities, divisor: int, costs: Arrays, formulation: type[Mistake]
) -> bool:
    """Whether all numbers are the candidate's, within twice its rounding bound plus the error of storing.

    A candidate's NaN or infinity contradicts nothing, except if NaN is what shows the mistake: then the submission's
    must be in the same places.
    """
    for key, array in mine.items():
        other = _divided(theirs[key], key, divisor)
        if formulation.nan_is_evidence and (np.isnan(array) != np.isnan(other.value)).any():
            return False
        unknown = ~np.isfinite(other.value) | np.isnan(other.error)
        if not ((np.abs(array - other.value) <= 2 * other.error + costs.get(key, 0.0)) | unknown).all():
            return False
    return True


def _calls_differ(first: RoundedQuantities, second: RoundedQuantities) -> bool:
    """Whether the candidate's two calls differ by more than their rounding bounds."""
    return any((np.abs(second[k].value - first[k].value) > 2 * (second[k].error + first[k].error)).any() for k in first)


def _scale_ratio(scale: CostScale, other: CostScale) -> float:
    return (scale.factor / scale.divisor) / (other.factor / other.divisor)


def _is_shown(array: Array, other: RoundedArray, entries: Array, truths: Sequence[Array]) -> bool:
    """Whether some of the `entries` are the candidate's and differ from each of the `truths` by more than rounding.

    An unbounded error satisfies no comparison.
    """
    its = np.abs(array - other.value) <= 2 * other.error
    not_true = np.all([np.abs(other.value - truth) > 2 * other.error for truth in truths], axis=0)
    return bool((entries & its & not_true).any())


def _all_float32(subject: Subject) -> bool:
    """Whether all numbers are float32 numbers; for an update, the new weights, within the subtraction's rounding."""
    for (name, l), array in subject.first.items():
        value, room = array, np.zeros_like(array)
        if name == "update":
            layer = subject.inputs.network.layers[l - 1]
            value = np.column_stack([layer.w, layer.b]) - array
            room = 2.0**-52 * (np.abs(value) + np.abs(array))
        if not are_representable("float32", value, room):
            return False
    return True
