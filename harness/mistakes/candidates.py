"""The candidates of a diagnosis: mistakes of the catalogue, in some layers, under other conventions, and in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from harness.judging.conventions import Convention
from harness.judging.conventions.variants import scale_variants
from harness.mistakes import CATALOGUE, Mistake
from harness.mistakes.scopes import scoped

# The conventions under which a candidate may fit, of those given; the others need not be tried.
Fitting = Callable[[type[Mistake], list[Convention]], list[Convention]]


@dataclass(frozen=True)
class Candidate:
    """One mistake, or a pair, as a formulation under a convention.

    `where` names the layers, empty for all. `convention_changes` are the constants by which the convention differs from
    the submission's. With `is_negative`, the code computes with δ = t − a and adds, which is the same for a right
    formula and for most wrong ones.
    """

    mistakes: tuple[type[Mistake], ...]
    formulation: type[Mistake]
    convention: Convention
    where: str = ""
    convention_changes: Mapping[str, Any] = field(default_factory=dict)
    is_negative: bool = False


def single_mistakes(found: Convention) -> list[Candidate]:
    """A candidate for each applicable entry of the catalogue alone."""
    return [Candidate((entry,), entry, found) for entry in CATALOGUE.values() if entry.applies_to(found)]


def arithmetic_mistakes(found: Convention) -> list[Candidate]:
    """A candidate for each entry whose formula is right and whose arithmetic is not."""
    return [Candidate((entry,), entry, found) for entry in CATALOGUE.values() if entry.dtype is not None]


def candidate_kinds(found: Convention, fitting: Fitting) -> Iterator[Iterable[Candidate]]:
    """All candidates by kind, the simplest kind first, for code that follows the convention `found` or another one."""
    entries = [entry for entry in CATALOGUE.values() if entry.dtype is None and entry.applies_to(found)]
    plain = [entry for entry in entries if not entry.is_scaling]
    others = [one for one in scale_variants(found)[1:] if one.learning_rate == found.learning_rate]
    yield single_mistakes(found)
    yield [Candidate((entry,), entry, found, is_negative=True) for entry in plain]
    yield (Candidate((entry,), one, found, where) for entry in entries for where, one in scoped(entry))
    # Two factors are no simple explanation, so no mistake that is a factor is tried under another convention.
    yield (
        Candidate((entry,), entry, other, "", other.differences_from(found), is_negative)
        for entry in plain
        for other in fitting(entry, others)
        for is_negative in (False, True)
    )
    # The sign of a step is no convention: it climbs.
    pairs = [(pair, type("Pair", pair, {})) for pair in combinations([*plain, CATALOGUE["sign_error"]], 2)]
    yield (Candidate(pair, both, found) for pair, both in pairs if fitting(both, [found]))
    yield (
        Candidate(pair, both, other, convention_changes=other.differences_from(found))
        for pair, both in pairs
        for other in fitting(both, others)
    )
