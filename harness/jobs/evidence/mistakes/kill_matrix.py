"""The catalogue, tried: which cases see a mistake, what the checker calls it, and which other checks let it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.cases.case import Case, required_functions
from harness.jobs.evidence.mistakes.peers.checkers import Check
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.judging.judge import CaseTruth, Outcome, Trial, judge_case
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.diagnose import diagnose, diagnose_arithmetic
from harness.mistakes.explain import subjects_of
from harness.mistakes.grammar import MISFITS
from harness.model.contract import Array, Gradients, Inputs
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer, Refusal

SEEN, HIDDEN, DOES_NOT_RUN = "seen", "hidden", "does not run"


@dataclass(frozen=True)
class KillRow:
    """One mistake: SEEN, HIDDEN or DOES_NOT_RUN for each case's id, and the names that the checker gives it."""

    name: str
    entry: type[Mistake]
    by_case: Mapping[str, str]
    named: tuple[str, ...]

    def cases(self, what: str) -> list[str]:
        return [case for case, found in self.by_case.items() if found == what]


def prepared(cases: Sequence[Case]) -> list[Trial]:
    """The cases with the inputs that the reports are made from, and no answers yet."""
    return [Trial(CaseTruth.of(case, case.build()), {}) for case in cases]


def kill_matrix(cases: Sequence[Trial]) -> list[KillRow]:
    """Every mistake of the catalogue, run in floating point on every case, and diagnosed from its numbers.

    Each is run as in a file that declares the convention in which the mistake can be seen.
    """
    rows = []
    for name, entry in CATALOGUE.items():
        declared = entry.convention
        outcomes = [judge_case(replace(one, answers=answers(entry, one, declared)), declared) for one in cases]
        subjects = [subject for outcome in outcomes for subject in subjects_of(outcome, declared)]
        diagnoses = (diagnose if entry.rules else diagnose_arithmetic)(subjects)
        by_case = {outcome.trial.case.id: found_in(outcome) for outcome in outcomes}
        rows.append(KillRow(name, entry, by_case, tuple(diagnosis.name for diagnosis in diagnoses)))
    return rows


def found_in(outcome: Outcome) -> str:
    """SEEN, HIDDEN or DOES_NOT_RUN."""
    if any(refusal.kind == "exception" for refusal in outcome.faults.values()):
        return DOES_NOT_RUN
    return SEEN if outcome.out_of_bounds or outcome.faults else HIDDEN


def answers(formulation: type[Textbook], one: Trial, convention: Convention = DEFAULT_CONVENTION) -> dict[str, Answer]:
    """What a formulation gives on a case, as a submission of this convention would."""
    return {function: _answer(formulation, function, one, convention) for function in required_functions(one.case)}


def _answer(formulation: type[Textbook], function: str, one: Trial, convention: Convention) -> Answer:
    """It is asked twice, and what it does beside giving numbers is a fault."""
    inputs = convention.inputs(one.inputs)
    learning_rate = convention.rate(one.case.learning_rate) if function == "step" else None
    try:
        with np.errstate(all="ignore"):
            book = formulation(_cast(inputs, formulation), learning_rate, convention.scale(inputs))
            first, second = (_arrays(book, function, call) for call in (1, 2))
    except MISFITS as error:
        return Answer(refusal=Refusal("failed", str(error), "exception"))
    again = None if all(np.array_equal(first[key], second[key], equal_nan=True) for key in first) else second
    if book.changes_inputs():
        return Answer(first, changed=("w of layer 1",), refusal=Refusal("failed", "it changed its input", "inputs"))
    return Answer(first, again)


def _arrays(book: Textbook, function: str, call: int) -> dict[tuple[str, int], Array]:
    if function == "step":
        layers = book.step(call).layers
        parts = {"w": [layer.w for layer in layers], "b": [layer.b for layer in layers]}
    else:
        gradients = book.gradients(call)
        parts = {name: list(getattr(gradients, name)) for name in ("w", "b", "delta", "z", "a")}
    return {(name, l): _returned(part, book) for name, each in parts.items() for l, part in enumerate(each, start=1)}


def _returned(array: Array, book: Textbook) -> Array:
    return array.astype(getattr(book, "dtype", None) or array.dtype).astype(np.float64)


def _cast(inputs: Inputs, formulation: type[Textbook]) -> Inputs:
    dtype = getattr(formulation, "computes_in", None)
    return inputs if dtype is None else inputs.astype(dtype)


def passed_by(check: Check, row: KillRow, cases: Sequence[Trial]) -> tuple[int, int]:
    """In how many of the cases that see a mistake another check passes it, and how many those are."""
    seen = [one for one in cases if row.by_case[one.case.id] == SEEN]
    passed = 0
    for one in seen:
        with np.errstate(all="ignore"):
            book = row.entry(_cast(one.inputs, row.entry))
            gradient = book.gradients()
            of_both = Gradients(*([_returned(part, book) for part in parts] for parts in (gradient.w, gradient.b)))
            passed += check(one.inputs, of_both)
    return passed, len(seen)
