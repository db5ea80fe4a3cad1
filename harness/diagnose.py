"""Name the mistake: find the entry of the catalogue that reproduces a submission's numbers.

A mistake is named only if it gives the submission's numbers, within the rounding of both, wherever it runs, and so in
every case in which it differs from the truth. Single mistakes are tried first; then the same in some layers only; then
under another convention; then in pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from harness.answers import Arrays
from harness.contract import Array, Inputs
from harness.conventions import Convention, scalings
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.scopes import scoped
from harness.rounded import Rounded, rounded_inputs
from harness.textbook import Scale, Textbook


@dataclass(frozen=True, eq=False)
class Subject:
    """What one function of a submission did on one case.

    `first` and `second` are the quantities of its two calls, not held to be finite, `second` only where they differ;
    nothing where it gave none. `changed` says whether it changed its inputs, `departs` whether it is to be explained.
    """

    case: str
    function: str
    inputs: Inputs
    learning_rate: float
    dtype: str
    first: Arrays
    second: Arrays | None
    changed: bool
    departs: bool


@dataclass(frozen=True)
class Diagnosis:
    """The mistakes that together reproduce the numbers, in which layers (empty for all), under which convention, and in
    how many of the cases that depart."""

    mistakes: tuple[type[Mistake], ...]
    where: str
    convention: Convention
    reproduces: int
    of: int

    @property
    def name(self) -> str:
        return " + ".join(mistake.known_as() for mistake in self.mistakes)


@dataclass(frozen=True)
class _Candidate:
    mistakes: tuple[type[Mistake], ...]
    formulation: type[Mistake]
    convention: Convention
    where: str = ""


def diagnose(subjects: Sequence[Subject], declared: Convention, *, single: bool = False) -> list[Diagnosis]:
    """The explanations of what departs, all of the simplest kind that explains it; none where nothing does. `single`
    stops after the single mistakes."""
    departing = sorted((one for one in subjects if one.departs and one.first), key=lambda one: one.inputs.work)
    # What a function does right is no evidence against a mistake of the other.
    functions = {one.function for one in departing}
    others = [one for one in subjects if not one.departs and one.function in functions]
    # Where a wrong formula itself has no number, it is not asked for one, if there are numbers elsewhere.
    strict = not any(np.isfinite(array).all() for one in departing for array in one.first.values())
    for kind in _kinds(declared):
        found = [one for one in kind if all(_reproduces(one, it, strict=strict) for it in (*departing, *others))]
        if found and departing:
            cases = len({one.case for one in departing})
            return [Diagnosis(one.mistakes, one.where, one.convention, cases, cases) for one in found]
        if single:
            break
    return []


def _kinds(declared: Convention) -> Iterator[Iterator[_Candidate]]:
    """From the simplest to the least simple."""
    entries = [*CATALOGUE.values()]
    yield (_Candidate((entry,), entry, declared) for entry in entries)
    yield (
        _Candidate((entry,), formulation, declared, where) for entry in entries for where, formulation in scoped(entry)
    )
    yield (_Candidate((entry,), entry, other) for other in scalings(declared)[1:] for entry in entries)
    yield (
        _Candidate(pair, type("Pair", pair, {}), declared)
        for pair in combinations([entry for entry in entries if entry.dtype is None], 2)
    )


def _reproduces(candidate: _Candidate, subject: Subject, *, strict: bool) -> bool:
    """Whether the candidate gives what the subject gave, and does what it did."""
    formulation, inputs = candidate.formulation, subject.inputs
    scale = Scale(candidate.convention.factor(inputs), candidate.convention.divisor(inputs))
    given = rounded_inputs(inputs, formulation.dtype or subject.dtype)
    with np.errstate(all="ignore"):
        try:
            first, second, changed = outcome(formulation, subject.function, given, subject.learning_rate, scale)
        except (ValueError, IndexError, KeyError):  # it does not fit the network, and nor may the submission
            return not subject.first
        if not subject.first:
            return True
        if changed != subject.changed:
            return False
        if formulation.dtype == "float32" and not _all_float32(subject.first):
            return False
        again = subject.first if subject.second is None else subject.second
        pairs = [(subject.first, first)] if changed else [(subject.first, first), (again, second)]
        return all(_equal(mine, theirs, inputs, strict=strict) for mine, theirs in pairs)


def outcome(
    formulation: type[Mistake], function: str, inputs: Inputs, learning_rate: float, scale: Scale
) -> tuple[dict[tuple[str, int], Any], dict[tuple[str, int], Any], bool]:
    """The quantities of the first and of the second call, and whether the inputs are changed. The update is in two
    parts, `update w` and `update b`. Raises what a formulation raises that does not fit."""
    one = formulation(inputs, learning_rate if function == "step" else None, scale)
    calls = []
    for call in (1,) if formulation.second_call is Textbook.second_call else (1, 2):
        if function == "step":
            after = one.step(call).layers
            layers = list(enumerate(zip(inputs.network.layers, after, strict=True), start=1))
            calls.append(
                {("update w", l): old.w - new.w for l, (old, new) in layers}
                | {("update b", l): old.b - new.b for l, (old, new) in layers}
            )
        else:
            gradients = one.gradients(call)
            parts = {name: getattr(gradients, name) for name in ("w", "b", "delta", "z", "a")}
            calls.append({(name, l): part for name, parts in parts.items() for l, part in enumerate(parts, start=1)})
    return calls[0], calls[-1], one.changed()


def split(quantities: Arrays) -> dict[tuple[str, int], Array]:
    """The quantities with every update in its two parts."""
    parts: dict[tuple[str, int], Array] = {}
    for (name, l), array in quantities.items():
        if name == "update":
            parts |= {("update w", l): array[:, :-1], ("update b", l): array[:, -1]}
        else:
            parts[name, l] = array
    return parts


def _equal(mine: Arrays, theirs: dict[tuple[str, int], Any], inputs: Inputs, *, strict: bool) -> bool:
    # A delta may be that of the sum or of the mean: both are in use, whatever the gradients are.
    divisors = {1, len(inputs.x), inputs.t.shape[1], inputs.t.size}
    return all(
        any(
            _within(array, theirs[key], divisor, strict=strict) for divisor in (divisors if key[0] == "delta" else (1,))
        )
        for key, array in mine.items()
    )


def _within(array: Array, other: Rounded, divisor: int, *, strict: bool) -> bool:
    explained = np.abs(array - other.value / divisor) <= 2 * other.error / divisor
    no_number = np.isnan(other.value) & (np.isnan(array) if strict else True)
    no_bound = np.isnan(other.error) & np.isfinite(other.value) & np.isfinite(array)
    return bool((explained | no_number | no_bound).all())


def _all_float32(arrays: Arrays) -> bool:
    return all((array == array.astype(np.float32)).all() for (name, _), array in arrays.items() if "update" not in name)
