"""Choose the cases that are added to the standard ones: more of the kinds that a file supports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, islice, zip_longest
from typing import Any

from harness.cases.case import Case
from harness.cases.fitted import Kind, every_kind, fitted_cases, kind_of
from harness.cases.standard import gradient_cases
from harness.jobs.check.support import ENOUGH_CASES, Support
from harness.sandbox.sources.scope import DeclaredScope, cases_in_scope

MOST_AT_ONCE = 40
DEEPEST_PROBE = 3  # layers
MOST_ADDED = 800  # cases that are asked for; there are fewer kinds


def more_cases(ran: Sequence[Case], refused: Sequence[Case], scope: DeclaredScope) -> list[Case]:
    """The fitted cases to ask for next, so that ENOUGH_CASES run; empty if enough ran, or if nothing is left to ask.

    First come trials of what was not tried yet beside what is supported. Then come the kinds that ran, and those of
    which every property was supported in some case. If there are none, one case of every other kind is a
    probe.
    """
    missing, asked = ENOUGH_CASES - len(ran), {case.id for case in (*ran, *refused)}
    added = len(asked - {case.id for case in gradient_cases()})
    if missing <= 0 or added > MOST_ADDED:
        return []
    support = Support.of(ran, refused)
    if trials := _trials(support, asked, scope):
        return trials
    running = dict.fromkeys(map(kind_of, ran))
    tried = {*running, *map(kind_of, refused)}
    untried = [kind for kind in every_kind() if kind not in tried]
    fitting = (kind for kind in untried if not support.lacks(kind))
    most = max(missing, min(added, MOST_AT_ONCE))  # more in each round, for code that refuses most of them
    chosen = _lists_of((*running, *fitting), most, asked, scope)
    if not chosen:
        probes = [kind for kind in untried if kind.layers <= DEEPEST_PROBE]
        chosen = [cases[:1] for cases in _lists_of(probes, len(probes), asked, scope)]
        most = len(chosen)
    in_turn = (case for cases in zip_longest(*chosen) for case in cases if case is not None)
    return list(islice(in_turn, most))


def _trials(support: Support, asked: set[str], scope: DeclaredScope) -> list[Case]:
    """One case for each property that was not tried, in which all the rest is supported."""
    found: dict[tuple[str, Any], Case] = {}
    for kind in every_kind() if any(support.supported.values()) else ():
        if support.lacks(kind) <= 1:
            left = (case for case in cases_in_scope(fitted_cases(kind), scope) if case.id not in asked)
            first: dict[str, Case] = {}  # the cases of a kind differ in no other property
            for case in left:
                first.setdefault(case.dtype, case)
            for case in first.values():
                if untried := support.untried_in(case):
                    found.setdefault(untried, case)
    return list(found.values())


def _lists_of(chosen: Iterable[Kind], most: int, asked: set[str], scope: DeclaredScope) -> list[list[Case]]:
    """For each of these kinds, `most` of them at most, the cases that were not asked for, if there are any.

    Each list starts at another place, so that the first of each are of different shapes, batches, flags and dtypes.
    """
    lists = ([case for case in cases_in_scope(fitted_cases(kind), scope) if case.id not in asked] for kind in chosen)
    found = islice(filter(None, lists), most)
    return [
        cases[start % len(cases) :] + cases[: start % len(cases)]
        for cases, start in zip(found, count(step=11), strict=False)
    ]
