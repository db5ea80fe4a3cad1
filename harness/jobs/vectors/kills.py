"""Which mistakes of the catalogue each vector sees: the kill matrix of these cases, under the convention of vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.jobs.evidence.mistakes.kill_matrix import SEEN, answers, found_in
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import Trial, judge_case
from harness.mistakes import CATALOGUE, Mistake


def visible_mistakes() -> dict[str, type[Mistake]]:
    """The mistakes that can show in vectors, which are of the default convention: they have no penalty."""
    return {name: entry for name, entry in CATALOGUE.items() if entry.applies_to(DEFAULT_CONVENTION)}


def hidden_mistakes() -> dict[str, str]:
    """The mistakes that cannot show in vectors, each with the reason."""
    constants = {
        name: entry.convention.differences_from(DEFAULT_CONVENTION)
        for name, entry in CATALOGUE.items()
        if not entry.applies_to(DEFAULT_CONVENTION)
    }
    return {name: f"it shows only in code with {_constants_in_words(declared)}" for name, declared in constants.items()}


def _constants_in_words(declared: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in declared.items())


def seen_by_case(trials: Sequence[Trial]) -> dict[str, tuple[str, ...]]:
    """For the id of each case, the mistakes that it sees, in the order of the catalogue."""
    return {
        one.case.id: tuple(name for name, entry in visible_mistakes().items() if _is_seen(entry, one)) for one in trials
    }


def _is_seen(entry: type[Mistake], one: Trial) -> bool:
    outcome = judge_case(replace(one, answers=answers(entry, one)), DEFAULT_CONVENTION)
    return found_in(outcome) == SEEN
