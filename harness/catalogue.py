"""The catalogue, tried: which cases see a mistake, what the checker calls it, and which other checks let it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.cases import Case
from harness.certify import Standard, certify, excess
from harness.contract import Array, Gradients, Inputs
from harness.conventions import OURS
from harness.diagnose import Subject, diagnose, outcome
from harness.mistakes import CATALOGUE, Mistake
from harness.peers import Check
from harness.textbook import Scale

SEEN, HIDDEN, DOES_NOT_RUN = "seen", "hidden", "does not run"
Quantities = Mapping[tuple[str, int], Array]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A case with its inputs and standards."""

    case: Case
    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard]


@dataclass(frozen=True)
class Row:
    """One mistake: SEEN, HIDDEN or DOES_NOT_RUN for each case's id, and the names that the checker gives it."""

    name: str
    entry: type[Mistake]
    by_case: Mapping[str, str]
    named: tuple[str, ...]

    def cases(self, what: str) -> list[str]:
        return [case for case, found in self.by_case.items() if found == what]


def prepared(cases: Sequence[Case]) -> list[Prepared]:
    """The cases with the inputs that the reports are made from."""
    built = [(case, case.build()) for case in cases]
    return [Prepared(case, inputs, certify(inputs, case.learning_rate, case.dtype)) for case, inputs in built]


def kill_matrix(cases: Sequence[Prepared]) -> list[Row]:
    """Every mistake of the catalogue, run in floating point on every case, and diagnosed from its numbers."""
    rows = []
    for name, entry in CATALOGUE.items():
        subjects = [subject for one in cases for subject in _run(entry, one)]
        by_case = {
            one.case.id: _found([subject for subject in subjects if subject.case == one.case.id]) for one in cases
        }
        named = tuple(diagnosis.name for diagnosis in diagnose(subjects, OURS))
        rows.append(Row(name, entry, by_case, named))
    return rows


def _found(subjects: Sequence[Subject]) -> str:
    if not all(subject.first for subject in subjects):
        return DOES_NOT_RUN
    return SEEN if any(subject.departs for subject in subjects) else HIDDEN


def _run(formulation: type[Mistake], one: Prepared) -> list[Subject]:
    """What it gives on a case through backprop and through step, as a submission would."""
    subjects = []
    for function in ("backprop", "step"):
        quantities: Sequence[Quantities] = ({}, {})
        changed = False
        given = _cast(one.inputs, formulation)
        try:
            with np.errstate(all="ignore"):
                *quantities, changed = outcome(formulation, function, given, one.case.learning_rate, Scale())
        except (ValueError, IndexError, KeyError):
            pass
        first, second = ({key: value.astype(np.float64) for key, value in part.items()} for part in quantities)
        again = any(not np.array_equal(first[key], second[key], equal_nan=True) for key in first)
        departs = changed or again or any(not _agrees(value, key, one) for key, value in first.items())
        case, rate = one.case, one.case.learning_rate
        second_call = second if again else None
        subjects.append(
            Subject(
                case.id, function, one.inputs, rate, case.dtype, first, second_call, changed, bool(first) and departs
            )
        )
    return subjects


def _cast(inputs: Inputs, formulation: type[Mistake]) -> Inputs:
    dtype = formulation.dtype
    if dtype is None:
        return inputs
    layers = inputs.network.layers
    network = inputs.network.with_parameters(
        w=[layer.w.astype(dtype) for layer in layers], b=[layer.b.astype(dtype) for layer in layers]
    )
    return Inputs(network, inputs.x.astype(dtype), inputs.t.astype(dtype))


def _agrees(value: Array, key: tuple[str, int], one: Prepared) -> bool:
    """Whether a quantity agrees with the truth; an update comes in its two parts."""
    name, layer = key
    if not name.startswith("update"):
        return bool((excess(value, one.standards[key]) <= 1).all())
    standard = one.standards["update", layer]
    part = (slice(None), slice(None, -1)) if name == "update w" else (slice(None), -1)
    piece = Standard(standard.truth[part], standard.bound[part], standard.undecidable[part])
    return bool((excess(value, piece) <= 1).all())


def passed_by(check: Check, row: Row, cases: Sequence[Prepared]) -> tuple[int, int]:
    """In how many of the cases that see a mistake another check passes it, and how many those are."""
    seen = [one for one in cases if row.by_case[one.case.id] == SEEN]
    passed = 0
    for one in seen:
        with np.errstate(all="ignore"):
            gradient = row.entry(_cast(one.inputs, row.entry)).gradients()
            of_both = Gradients(*([part.astype(np.float64) for part in parts] for parts in (gradient.w, gradient.b)))
            passed += check(one.inputs, of_both)
    return passed, len(seen)
