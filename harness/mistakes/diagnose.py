"""Name the mistake: find the entry of the catalogue that reproduces a submission's numbers.

A mistake is named only if nothing contradicts it: in every case, the submission's numbers are the mistake's numbers,
within the rounding of both. And there must be evidence: numbers that are out of bounds and that the mistake reproduces,
where its own numbers are known to differ from the truth. Candidates are tried in this order: single mistakes, mistakes
in some layers only, mistakes under another convention, pairs of mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from harness.judging.conventions import Convention
from harness.judging.float16 import are_representable, has_nonzero, storage_costs
from harness.judging.variants import scale_variants
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.scopes import scoped
from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import ArrayKey, Arrays
from harness.truth.bounds.rounded_array import RoundedArray, append_bias_column, rounded_inputs

REPRODUCED, OPEN, CONTRADICTED = "reproduced", "open", "contradicted"


@dataclass(frozen=True, eq=False)
class Subject:
    """What one function of a submission computed on one case, and what there is to explain.

    `first` and `second` are the quantities of its two calls, `second` only if they differ; `changed` says whether it
    changed its inputs. `out_of_bounds` maps each quantity that is, under `convention`, to a mask of the entries and to
    the true values.
    """

    case: str
    function: str
    convention: Convention
    inputs: Inputs
    learning_rate: float
    dtype: str
    first: Arrays
    second: Arrays | None
    changed: bool
    out_of_bounds: Mapping[ArrayKey, tuple[Array, Array]]

    @property
    def is_failing(self) -> bool:
        """Whether there is anything to explain."""
        return bool(self.out_of_bounds) or self.second is not None or self.changed


@dataclass(frozen=True)
class Candidate:
    """One mistake, or a pair, as a formulation under a convention.

    `where` names the layers, empty for all. `convention_changes` are the constants by which the convention differs from
    the submission's.
    """

    mistakes: tuple[type[Mistake], ...]
    formulation: type[Mistake]
    convention: Convention
    where: str = ""
    convention_changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """The mistakes that together explain a submission's results.

    `where` and `convention_changes` are those of the Candidate. The mistakes reproduce the numbers in `reproduces` of
    the `of` failing cases; in the others, the wrong formula has no finite number, or rounding hides it. `function` is
    the only failing function, if the submission has another one that is right; it then computes a gradient of its own.
    """

    mistakes: tuple[type[Mistake], ...]
    where: str
    convention_changes: Mapping[str, Any]
    reproduces: int
    of: int
    function: str = ""

    @property
    def name(self) -> str:
        """The names of the mistakes, joined by ` + `."""
        return " + ".join(mistake.known_as() for mistake in self.mistakes)


def single_mistakes(declared: Convention) -> list[Candidate]:
    """A candidate for each applicable entry of the catalogue alone."""
    return [Candidate((entry,), entry, declared) for entry in CATALOGUE.values() if entry.applies_to(declared)]


def candidate_kinds(declared: Convention) -> Iterator[Iterable[Candidate]]:
    """All candidates by kind, the simplest kind first."""
    entries = [entry for entry in CATALOGUE.values() if entry.applies_to(declared)]
    yield single_mistakes(declared)
    yield (
        Candidate((entry,), formulation, declared, where) for entry in entries for where, formulation in scoped(entry)
    )
    yield (
        Candidate((entry,), entry, other, convention_changes=other.differences_from(declared))
        for other in scale_variants(declared)[1:]
        for entry in entries
        if other.sign == declared.sign and not entry.is_scaling  # two factors are no simple explanation
    )
    # A pair with a factor is a mistake under another convention, which has been tried.
    plain = [entry for entry in entries if entry.dtype is None and not entry.is_scaling]
    yield (Candidate(pair, type("Pair", pair, {}), declared) for pair in combinations(plain, 2))


def diagnose(subjects: Sequence[Subject], kinds: Iterable[Iterable[Candidate]]) -> list[Diagnosis]:
    """All explanations of the first kind of candidates that has any; empty if there is none."""
    failing = sorted((one for one in subjects if one.is_failing), key=lambda one: one.inputs.work)
    # A correct result of one function does not contradict a mistake in the other.
    functions = {one.function for one in failing}
    others = [one for one in subjects if not one.is_failing and one.function in functions]
    function = "".join(functions) if functions < {one.function for one in subjects} else ""
    cases = len({one.case for one in failing})
    for kind in kinds if failing else ():
        found: dict[tuple[type[Mistake], ...], Diagnosis] = {}
        for one in kind:
            # Of a mistake in several scopes the widest is reported, which comes first.
            if one.mistakes not in found and (reproduced := _count_reproduced(one, failing, others)):
                found[one.mistakes] = Diagnosis(
                    one.mistakes, one.where, one.convention_changes, reproduced, cases, function
                )
        if found:
            return [*found.values()]
    return []


def _count_reproduced(candidate: Candidate, failing: Sequence[Subject], others: Sequence[Subject]) -> int:
    """The number of cases whose numbers the candidate reproduces; 0 if anything contradicts it."""
    cases = set()
    for subject in failing:
        found = _try_candidate(candidate, subject)
        if found == CONTRADICTED:
            return 0
        if found == REPRODUCED:
            cases.add(subject.case)
    return 0 if any(_try_candidate(candidate, subject) == CONTRADICTED for subject in others) else len(cases)


def _try_candidate(candidate: Candidate, subject: Subject) -> str:
    """Compare a candidate's numbers with the subject's.

    REPRODUCED if they are the same, and differ from the truth; CONTRADICTED if they are not the same; OPEN if the
    candidate has no finite number, or its rounding bound includes the truth.
    """
    formulation, inputs = candidate.formulation, subject.inputs
    given = rounded_inputs(candidate.convention.inputs(inputs), formulation.computes_in or subject.dtype)
    scale = candidate.convention.scale(inputs)
    with np.errstate(all="ignore"):
        try:
            calls = call_quantities(formulation, subject.function, given, subject.learning_rate, scale)
            first, second = (_as_read(call, candidate.convention, inputs) for call in calls)
        except (ValueError, IndexError, KeyError):  # its shapes do not fit the network, but the submission's do
            return CONTRADICTED
        if formulation(given, None, scale).changes_inputs() != subject.changed:
            return CONTRADICTED
        if formulation.dtype == "float32" and not _all_float32(subject):
            return CONTRADICTED
        masks = {key: entries for key, (entries, _) in subject.out_of_bounds.items()}
        costs: Arrays | None = {}
        if formulation.dtype == "float16":
            costs = storage_costs(subject.first, masks, inputs, subject.learning_rate)
        if costs is None:
            return CONTRADICTED
        again = subject.first if subject.second is None else subject.second
        divisor = next((d for d in _divisors(subject) if _is_consistent(subject.first, first, d, costs)), None)
        if divisor is None or not (subject.changed or _is_consistent(again, second, divisor, costs)):
            return CONTRADICTED
        if subject.changed or (subject.second is not None and _calls_differ(first, second)):
            return REPRODUCED
        if formulation.dtype is not None:  # that all numbers are of this dtype is the evidence
            return REPRODUCED if has_nonzero(subject.first, masks) else OPEN
        # The difference must come from the mistake, not from the convention, under which the truth is scaled.
        ratio = _scale_ratio(scale, subject.convention.scale(inputs))
        shown = any(
            _is_shown(subject.first[key], _divided(first[key], key, divisor), entries, truth, ratio)
            for key, (entries, truth) in subject.out_of_bounds.items()
        )
        return REPRODUCED if shown else OPEN


def call_quantities(
    formulation: type[Textbook], function: str, inputs: Inputs, learning_rate: float, scale: CostScale
) -> tuple[dict[ArrayKey, Any], dict[ArrayKey, Any]]:
    """The quantities of the first and of the second call of a formulation; they are RoundedArray if the inputs are.

    Raises ValueError, IndexError or KeyError if the formulation does not fit the network.
    """
    book = formulation(inputs, learning_rate if function == "step" else None, scale)
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


def _as_read(
    quantities: Mapping[ArrayKey, RoundedArray], convention: Convention, inputs: Inputs
) -> Mapping[ArrayKey, RoundedArray]:
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


def _divisors(subject: Subject) -> Sequence[int]:
    """The divisors to try for delta, which may be that of the sum or of a mean, whatever the gradients are."""
    rows, outputs = len(subject.inputs.x), subject.inputs.t.shape[1]
    has_delta = any(name == "delta" for name, _ in subject.first)
    return sorted({1, rows, outputs, rows * outputs}) if has_delta else (1,)


def _divided(other: RoundedArray, key: ArrayKey, divisor: int) -> RoundedArray:
    return other / divisor if key[0] == "delta" and divisor > 1 else other


def _is_consistent(mine: Arrays, theirs: Mapping[ArrayKey, RoundedArray], divisor: int, costs: Arrays) -> bool:
    """Whether all numbers are the candidate's, within twice its rounding bound plus the error of storing. A candidate's
    NaN or infinity contradicts nothing."""
    for key, array in mine.items():
        other = _divided(theirs[key], key, divisor)
        unknown = ~np.isfinite(other.value) | np.isnan(other.error)
        if not ((np.abs(array - other.value) <= 2 * other.error + costs.get(key, 0.0)) | unknown).all():
            return False
    return True


def _calls_differ(first: Mapping[ArrayKey, RoundedArray], second: Mapping[ArrayKey, RoundedArray]) -> bool:
    """Whether the candidate's two calls differ by more than their rounding bounds."""
    return any((np.abs(second[k].value - first[k].value) > 2 * (second[k].error + first[k].error)).any() for k in first)


def _scale_ratio(scale: CostScale, other: CostScale) -> float:
    return (scale.factor / scale.divisor) / (other.factor / other.divisor)


def _is_shown(array: Array, other: RoundedArray, entries: Array, truth: Array, ratio: float) -> bool:
    """Whether some of the `entries` are the candidate's and differ from the truth and from `ratio` times the truth by
    more than rounding, or are NaN in both. An unbounded error satisfies no comparison."""
    its = np.abs(array - other.value) <= 2 * other.error
    not_the_truth = np.all([np.abs(other.value - one * truth) > 2 * other.error for one in {1.0, ratio}], axis=0)
    return bool((entries & ((its & not_the_truth) | (np.isnan(array) & np.isnan(other.value)))).any())


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
