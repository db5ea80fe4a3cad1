"""Which cases are committed: few and small ones, with which each file sees what all cases of its kind see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.cases.case import Case
from harness.cases.standard import gradient_cases

# The features of other datasets are standardised by sums, whose last bits depend on the processor.
RAW_DATASETS = ("random", "xor", "ten_rows")
DEPTHS_IN_WORDS = ("one layer", "two layers", "three layers or more")


def file_of(case: Case) -> str:
    """The name of the file in which a case is: one for each cost and dtype."""
    return f"{case.cost}.json" if case.dtype == "float64" else f"{case.cost}_{case.dtype}.json"


def candidates() -> tuple[Case, ...]:
    """The cases of a check whose inputs are the same numbers on every machine."""
    return tuple(case for case in gradient_cases() if case.dataset in RAW_DATASETS)


def features(case: Case) -> tuple[str, ...]:
    """What a case is, each as words that stand after "with"."""
    layers = len(case.widths) - 1
    return (
        DEPTHS_IN_WORDS[min(layers, len(DEPTHS_IN_WORDS)) - 1],
        "one row" if case.batch == 1 else "several rows",
        f"{case.output} outputs",
        *(f"{name} hidden units" for name in dict.fromkeys(case.hidden.split()) if layers > 1),
        *([f"the flag {case.flag}"] if case.flag else []),
    )


def vector_size(case: Case) -> int:
    """How many numbers a vector has: the inputs once; value, tail and bound of every gradient, new parameter and δ."""
    inputs = case.parameters + case.batch * (case.widths[0] + case.widths[-1])
    return inputs + 3 * (2 * case.parameters + case.batch * sum(case.widths[1:]))


def chosen(cases: Sequence[Case], seen: Mapping[str, Sequence[str]]) -> tuple[Case, ...]:
    """The cases to commit, in their order; `seen` has the mistakes that each sees, by id.

    For each file: every feature of the cases of that kind, and every mistake that any of them sees, also where all
    activations are sigmoid. Greedy: the case with the most that is new for its size comes first, and in the end each
    case is left out that has nothing of its own.
    """
    kept: list[Case] = []
    for name in dict.fromkeys(map(file_of, cases)):
        wanted = {case: _wanted(case, seen[case.id]) for case in cases if file_of(case) == name}
        kept += _without_needless(_greedy(wanted), wanted)
    return tuple(case for case in cases if case in kept)


def _wanted(case: Case, seen: Sequence[str]) -> frozenset[str]:
    alone = [f"{name}, by sigmoid alone" for name in seen] if case.activations == ("sigmoid",) else []
    return frozenset((*features(case), *seen, *alone))


def _greedy(wanted: Mapping[Case, frozenset[str]]) -> list[Case]:
    left, found = _union(wanted.values()), list[Case]()
    while left:
        best = max(wanted, key=lambda case: len(wanted[case] & left) / vector_size(case))
        found.append(best)
        left -= wanted[best]
    return found


def _without_needless(found: list[Case], wanted: Mapping[Case, frozenset[str]]) -> list[Case]:
    for case in sorted(found, key=vector_size, reverse=True):
        others = [one for one in found if one is not case]
        if wanted[case] <= _union(wanted[one] for one in others):
            found = others
    return found


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
