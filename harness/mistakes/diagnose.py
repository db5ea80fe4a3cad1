"""Explain a submission's numbers by the formulas that it computed.

A formula is said only if nothing contradicts it: in every case, the submission's numbers are the formula's numbers,
within the rounding of both. And there must be evidence: numbers that are out of bounds and that the formula reproduces,
where its own numbers are known to differ from the truth. NaN is no evidence, except for a formula that consists in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.formulation import AlteredTextbook, formulation
from harness.mistakes.names import convention_in, names_of
from harness.mistakes.reproduce import CONTRADICTED, REPRODUCED, try_formulation
from harness.mistakes.rules import Rules
from harness.mistakes.search.apart import Kinds, case_apart
from harness.mistakes.search.fit import NUMBERS_FOR_A_CONSTANT
from harness.mistakes.search.scopes import Instances
from harness.mistakes.search.search import search
from harness.mistakes.subject import Subject


@dataclass(frozen=True)
class Diagnosis:
    """The formulas that together explain a submission's results, as rules, and the mistakes whose names they have.

    `where` names the layers, if the mistake is usually in more of them. The formulas reproduce the numbers in
    `reproduces` of the `of` failing cases; in the others, the wrong formula has no finite number, or rounding hides it.
    `function` is the only failing function, if the submission has another one that is right; it then computes a
    gradient of its own. `mistaken` are the rules without those of a convention, and `nameless` those of them that no
    mistake of the catalogue is. `convention_changes` are the constants that declare a rule that is a convention.
    `apart` is a case that would tell the explanation from another one that is as simple. `fresh` is the number of fresh
    cases, with inputs from another seed, whose wrong numbers the formulas reproduce. `left_out` is the number of
    failing cases with NaN or infinity that are not explained, and not among the `of`.
    """

    rules: Rules
    mistakes: tuple[type[Mistake], ...]
    reproduces: int
    of: int
    function: str = ""
    where: str = ""
    mistaken: Rules = ()
    nameless: Rules = ()
    convention_changes: Mapping[str, Any] = field(default_factory=dict)
    apart: str = ""
    fresh: int = 0
    left_out: int = 0

    @property
    def name(self) -> str:
        """The names of the mistakes, joined by ` + `; empty if none has one."""
        return " + ".join(mistake.known_as() for mistake in self.mistakes)


def diagnose(subjects: Sequence[Subject]) -> list[Diagnosis]:
    """The simplest explanation; several if they are equally simple, none if there is none.

    Where nothing explains all cases, those with NaN or infinity are left out: these are failures of their own.
    """
    found = _diagnose(_Parts.of(subjects), subjects)
    finite = [one for one in subjects if one.is_finite]
    if found or len(finite) == len(subjects):
        return found
    left_out = {one.case for one in subjects if one.is_failing} - {one.case for one in finite if one.is_failing}
    return [replace(one, left_out=len(left_out)) for one in _diagnose(_Parts.of(finite), finite)]


def _diagnose(parts: _Parts, subjects: Sequence[Subject]) -> list[Diagnosis]:
    found: dict[tuple[str, Rules], Diagnosis] = {}
    for rules in search(parts.failing, parts.others) if parts.failing else ():
        for one in parts.diagnoses(rules):
            found.setdefault((one.name, one.nameless), one)
    return _told_apart([*found.values()], subjects)


def _told_apart(found: Sequence[Diagnosis], subjects: Sequence[Subject]) -> list[Diagnosis]:
    """Without those that are another way to write one of the others; one that has a name is kept.

    What is left of several says which case would tell it from the first.
    """
    if len(found) < 2:
        return [*found]
    kept: list[Diagnosis] = []
    kinds, ran = Kinds.of(subjects), {one.case for one in subjects}
    for one in sorted(found, key=lambda one: bool(one.nameless)):
        if any(one.rules == other.rules for other in kept):  # one formula with several names
            kept.append(one)
            continue
        cases = [case_apart(one.rules, other.rules, subjects[0].convention, kinds) for other in kept]
        if None not in cases and not any(case in ran for case in cases):  # where both ran they are one within rounding
            kept.append(replace(one, apart=cases[0] or "") if cases else one)
    return kept


def diagnose_arithmetic(subjects: Sequence[Subject]) -> list[Diagnosis]:
    """The entries of the catalogue whose formula is right and whose arithmetic is not, if they explain the numbers."""
    parts = _Parts.of(subjects)
    entries: Iterable[type[Mistake]] = [entry for entry in CATALOGUE.values() if entry.dtype is not None]
    counts = [(entry, parts.count_reproduced(entry)) for entry in entries if parts.failing]
    return [parts.diagnosis((), (entry,), count) for entry, count in counts if count]


@dataclass(frozen=True, eq=False)
class _Parts:
    """The failing subjects, and the others of the same functions.

    A correct result of one function does not contradict a mistake in the other.
    """

    failing: list[Subject]
    others: list[Subject]
    function: str

    @classmethod
    def of(cls, subjects: Sequence[Subject]) -> _Parts:
        failing = sorted((one for one in subjects if one.is_failing), key=lambda one: one.inputs.work)
        functions = {one.function for one in failing}
        others = [one for one in subjects if not one.is_failing and one.function in functions]
        return cls(failing, others, "".join(functions) if functions < {one.function for one in subjects} else "")

    def count_reproduced(self, kind: type[AlteredTextbook]) -> int:
        """The number of failing cases whose numbers a formulation reproduces; 0 if anything contradicts it."""
        cases = set()
        for subject in self.failing:
            found = try_formulation(kind, subject)
            if found == CONTRADICTED:
                return 0
            if found == REPRODUCED:
                cases.add(subject.case)
        if not cases or any(try_formulation(kind, subject) == CONTRADICTED for subject in self.others):
            return 0
        return len(cases)

    def diagnoses(self, rules: Rules) -> Iterator[Diagnosis]:
        """The diagnoses by some rules, one for each of their names."""
        count = self.count_reproduced(formulation(rules))
        constants = sum(rule.constant is not None for rule in rules)
        if not count or self._entries() < len(rules) + NUMBERS_FOR_A_CONSTANT * constants:
            return
        functions, costs = (
            {one.function for one in self.failing},
            {one.inputs.network.cost.name for one in self.failing},
        )
        instances = Instances([*self.failing, *self.others])
        rest, convention = convention_in(rules, instances, functions, costs, self.failing[0].convention)

        def explains(other: Rules) -> bool:
            kept = tuple(rule for rule in rules if rule not in rest)
            return self.count_reproduced(formulation((*other, *kept))) > 0

        for names in names_of(rest, instances, explains):
            yield replace(
                self.diagnosis(rules, names.mistakes, count),
                where=names.where,
                mistaken=rest,
                nameless=names.nameless,
                convention_changes=convention,
            )

    def _entries(self) -> int:
        """How many numbers out of bounds there are, of the quantity of each case that has the most of them."""
        found = [[int(mask.sum()) for mask, _ in one.out_of_bounds.values()] for one in self.failing]
        return sum(max(each, default=1) for each in found)

    def diagnosis(self, rules: Rules, mistakes: tuple[type[Mistake], ...], count: int) -> Diagnosis:
        """The diagnosis by rules or mistakes that reproduce so many cases."""
        return Diagnosis(rules, mistakes, count, len({one.case for one in self.failing}), self.function)
