"""Name the mistake: find the entry of the catalogue that reproduces a submission's numbers.

A mistake is named only if nothing contradicts it: in every case, the submission's numbers are the mistake's numbers,
within the rounding of both. And there must be evidence: numbers that are out of bounds and that the mistake reproduces,
where its own numbers are known to differ from the truth. NaN is no evidence, except for a mistake that consists in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.judging.conventions import Convention
from harness.mistakes import Mistake
from harness.mistakes.candidates import Candidate, candidate_kinds
from harness.mistakes.reproduce import CONTRADICTED, REPRODUCED, fitting_conventions, try_candidate
from harness.mistakes.subject import Subject


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


def diagnose_fully(subjects: Sequence[Subject], found: Convention) -> list[Diagnosis]:
    """All explanations of the simplest kind of candidates that has any, for code that follows `found`."""
    failing = [one for one in subjects if one.is_failing]

    def fitting(formulation: type[Mistake], conventions: list[Convention]) -> list[Convention]:
        # A case with several rows and outputs tells the conventions apart best.
        telling = min(failing, key=lambda one: (min(one.inputs.t.shape) < 2, one.inputs.work))
        return fitting_conventions(formulation, conventions, telling)

    return diagnose(subjects, candidate_kinds(found, fitting))


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
        found = try_candidate(candidate, subject)
        if found == CONTRADICTED:
            return 0
        if found == REPRODUCED:
            cases.add(subject.case)
    if not cases or any(try_candidate(candidate, subject) == CONTRADICTED for subject in others):
        return 0
    return len(cases)
