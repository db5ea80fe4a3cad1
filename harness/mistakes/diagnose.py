"""Name the mistake: find the entry of the catalogue that reproduces a submission's numbers.

A mistake is named only if nothing contradicts it: wherever it runs, the submission's numbers are its numbers, within
the rounding of both. And there must be evidence for it: numbers that depart from the truth, and that it gives, where it
is known not to be the truth itself. Single mistakes are tried first; then the same in some layers only; then under
another convention; then in pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from harness.judging.conventions import Convention, scalings
from harness.judging.float16 import are_of, shows, storing
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.scopes import scoped
from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.sandbox.answers import Arrays
from harness.truth.bounds.rounded_array import RoundedArray, append_bias_column, rounded_inputs

REPRODUCED, OPEN, CONTRADICTED = "reproduced", "open", "contradicted"


@dataclass(frozen=True, eq=False)
class Subject:
    """What one function of a submission gave on one case, and what there is to explain.

    `first` and `second` are the quantities of its two calls, `second` only where they differ; `changed` says whether it
    changed its inputs. `beyond` has, for each quantity that departs, the entries that do and the true values, under the
    convention that it is judged by.
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
    beyond: Mapping[tuple[str, int], tuple[Array, Array]]

    @property
    def departs(self) -> bool:
        return bool(self.beyond) or self.second is not None or self.changed


@dataclass(frozen=True)
class Candidate:
    """One mistake, or two together, as a formulation, under a convention; `where` names the layers, if not all, and
    `beside` what of the convention is not that of the submission."""

    mistakes: tuple[type[Mistake], ...]
    formulation: type[Mistake]
    convention: Convention
    where: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """The mistakes that together explain what departs, in which layers (empty for all), beside which constants of
    another convention; and in how many of the cases that depart they are shown to. Where a formula has no finite
    number, or rounding hides it, nothing is shown. `function` is the one that departs, if the other is there and right;
    it must then compute the gradient for itself."""

    mistakes: tuple[type[Mistake], ...]
    where: str
    beside: Mapping[str, Any]
    reproduces: int
    of: int
    function: str = ""

    @property
    def name(self) -> str:
        return " + ".join(mistake.known_as() for mistake in self.mistakes)


def singles(declared: Convention) -> list[Candidate]:
    """The entries of the catalogue, each alone."""
    return [Candidate((entry,), entry, declared) for entry in CATALOGUE.values()]


def every_kind(declared: Convention) -> Iterator[Iterable[Candidate]]:
    """All candidates, from the simplest kind to the least simple."""
    entries = [*CATALOGUE.values()]
    yield singles(declared)
    yield (
        Candidate((entry,), formulation, declared, where) for entry in entries for where, formulation in scoped(entry)
    )
    yield (
        Candidate((entry,), entry, other, beside=other.beyond(declared))
        for other in scalings(declared)[1:]
        for entry in entries
        if other.sign == declared.sign and not entry.is_scaling  # what is scaled twice is no simple explanation
    )
    # A factor beside a mistake is a convention beside it, and has been tried.
    plain = [entry for entry in entries if entry.dtype is None and not entry.is_scaling]
    yield (Candidate(pair, type("Pair", pair, {}), declared) for pair in combinations(plain, 2))


def diagnose(subjects: Sequence[Subject], kinds: Iterable[Iterable[Candidate]]) -> list[Diagnosis]:
    """The explanations of what departs, all of the first kind that has any; none where there is none."""
    departing = sorted((one for one in subjects if one.departs), key=lambda one: one.inputs.work)
    # What a function does right is no evidence against a mistake of the other.
    functions = {one.function for one in departing}
    others = [one for one in subjects if not one.departs and one.function in functions]
    alone = "".join(functions) if functions < {one.function for one in subjects} else ""
    of = len({one.case for one in departing})
    for kind in kinds if departing else ():
        found: dict[tuple[type[Mistake], ...], Diagnosis] = {}
        for one in kind:
            # The widest scope of a mistake comes first, and says it.
            if one.mistakes not in found and (cases := _explained(one, departing, others)):
                found[one.mistakes] = Diagnosis(one.mistakes, one.where, one.beside, cases, of, alone)
        if found:
            return [*found.values()]
    return []


def _explained(candidate: Candidate, departing: Sequence[Subject], others: Sequence[Subject]) -> int:
    """In how many cases the candidate is shown to be the explanation; 0 if anything contradicts it."""
    cases = set()
    for subject in departing:
        found = _tried(candidate, subject)
        if found == CONTRADICTED:
            return 0
        if found == REPRODUCED:
            cases.add(subject.case)
    return 0 if any(_tried(candidate, subject) == CONTRADICTED for subject in others) else len(cases)


def _tried(candidate: Candidate, subject: Subject) -> str:
    """REPRODUCED if what departs is what the candidate gives, and not the truth; CONTRADICTED if it gives something
    else; OPEN if it has no finite number there, or rounding blurs the two."""
    formulation, inputs = candidate.formulation, subject.inputs
    given = rounded_inputs(inputs, formulation.computes_in or subject.dtype)
    scale = candidate.convention.scale(inputs)
    with np.errstate(all="ignore"):
        try:
            first, second = outcome(formulation, subject.function, given, subject.learning_rate, scale)
        except (ValueError, IndexError, KeyError):  # it does not fit the network, and the submission does
            return CONTRADICTED
        if formulation(given, None, scale).changes_inputs() != subject.changed:
            return CONTRADICTED
        if formulation.dtype == "float32" and not _all_float32(subject):
            return CONTRADICTED
        departs = {key: entries for key, (entries, _) in subject.beyond.items()}
        costs: Arrays | None = {}
        if formulation.dtype == "float16":
            costs = storing(subject.first, departs, inputs, subject.learning_rate)
        if costs is None:
            return CONTRADICTED
        again = subject.first if subject.second is None else subject.second
        divisor = next((d for d in _divisors(subject) if _consistent(subject.first, first, d, costs)), None)
        if divisor is None or not (subject.changed or _consistent(again, second, divisor, costs)):
            return CONTRADICTED
        if subject.changed or (subject.second is not None and _moves(first, second)):
            return REPRODUCED
        if formulation.dtype is not None:  # the numbers themselves, all of that dtype, are the evidence
            return REPRODUCED if shows(subject.first, departs) else OPEN
        # Under another convention the truth is another, and it is the mistake that must show, not the convention.
        ratio = _ratio(scale, subject.convention.scale(inputs))
        shown = any(
            _shows(subject.first[key], _over(first[key], key, divisor), entries, truth, ratio)
            for key, (entries, truth) in subject.beyond.items()
        )
        return REPRODUCED if shown else OPEN


def outcome(
    formulation: type[Textbook], function: str, inputs: Inputs, learning_rate: float, scale: CostScale
) -> tuple[dict[tuple[str, int], Any], dict[tuple[str, int], Any]]:
    """The quantities of the first and of the second call, of plain or of Rounded numbers as the inputs are. Raises what
    a formulation raises that does not fit."""
    one = formulation(inputs, learning_rate if function == "step" else None, scale)
    calls = []
    for call in (1,) if formulation.second_call is Textbook.second_call else (1, 2):
        if function == "step":
            pairs = zip(inputs.network.layers, one.step(call).layers, strict=True)
            calls.append(
                {
                    ("update", l): append_bias_column(old.w - new.w, old.b - new.b)
                    for l, (old, new) in enumerate(pairs, start=1)
                }
            )
        else:
            gradients = one.gradients(call)
            parts = {name: getattr(gradients, name) for name in ("w", "b", "delta", "z", "a")}
            calls.append({(name, l): part for name, parts in parts.items() for l, part in enumerate(parts, start=1)})
    return calls[0], calls[-1]


def _divisors(subject: Subject) -> Sequence[int]:
    """A delta may be that of the sum or of the mean: both are in use, whatever the gradients are."""
    rows, outputs = len(subject.inputs.x), subject.inputs.t.shape[1]
    has_delta = any(name == "delta" for name, _ in subject.first)
    return sorted({1, rows, outputs, rows * outputs}) if has_delta else (1,)


def _over(other: RoundedArray, key: tuple[str, int], divisor: int) -> RoundedArray:
    return other / divisor if key[0] == "delta" and divisor > 1 else other


def _consistent(mine: Arrays, theirs: Mapping[tuple[str, int], RoundedArray], divisor: int, costs: Arrays) -> bool:
    """Whether no number contradicts the candidate's, to within the costs of storing. Where it has none itself, nothing
    does."""
    for key, array in mine.items():
        other = _over(theirs[key], key, divisor)
        unknown = ~np.isfinite(other.value) | np.isnan(other.error)
        if not ((np.abs(array - other.value) <= 2 * other.error + costs.get(key, 0.0)) | unknown).all():
            return False
    return True


def _moves(first: Mapping[tuple[str, int], RoundedArray], second: Mapping[tuple[str, int], RoundedArray]) -> bool:
    """Whether the candidate's second call is known to differ from its first."""
    return any((np.abs(second[k].value - first[k].value) > 2 * (second[k].error + first[k].error)).any() for k in first)


def _ratio(scale: CostScale, other: CostScale) -> float:
    return (scale.factor / scale.divisor) / (other.factor / other.divisor)


def _shows(array: Array, other: RoundedArray, entries: Array, truth: Array, ratio: float) -> bool:
    """Whether, among the entries that depart, some are the candidate's and are known not to be the truth, nor `ratio`
    times the truth; or NaN in both. A NaN or an unbounded error satisfies no comparison, and shows
    nothing."""
    its = np.abs(array - other.value) <= 2 * other.error
    not_the_truth = np.all([np.abs(other.value - one * truth) > 2 * other.error for one in {1.0, ratio}], axis=0)
    return bool((entries & ((its & not_the_truth) | (np.isnan(array) & np.isnan(other.value)))).any())


def _all_float32(subject: Subject) -> bool:
    """Whether all numbers are float32 numbers; of an update, the new weights, to within the subtraction's rounding."""
    for (name, l), array in subject.first.items():
        value, room = array, np.zeros_like(array)
        if name == "update":
            layer = subject.inputs.network.layers[l - 1]
            value = np.column_stack([layer.w, layer.b]) - array
            room = 2.0**-52 * (np.abs(value) + np.abs(array))
        if not are_of("float32", value, room):
            return False
    return True
