"""The mark of a network, by quantity and layer, each given what the submission computed before.

Where a formula explains the wrong numbers, the mistakes are the equations in which it differs; all others are right,
with the wrong one in place. Where none does, each quantity is compared with what it should be given those before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from harness.jobs.check.run import CheckResult
from harness.jobs.grade.assignment.assignment import QUANTITY_NAMES, Asked, Assignment
from harness.jobs.grade.marking.blame import Blame, Spot, where_of
from harness.jobs.grade.marking.given import right_given
from harness.jobs.grade.marking.narrow import is_single, is_within_coarse, right_in_single
from harness.jobs.grade.record import Part
from harness.judging.judge import Outcome
from harness.mistakes.diagnose import Diagnosis
from harness.sandbox.answers import ArrayKey

NO_BIASES = "the submission has no biases"
SHOWN_FORWARD = ("z", "a")
# The quantities that are computed from each.
LATER = {"forward": ("delta", "w", "b", "update"), "delta": ("w", "b", "update"), "w": ("update",), "b": ("update",)}
# What is seen of a quantity in a case: its numbers are right, or right given what came before, or wrong, or not shown.
RIGHT, RIGHT_GIVEN, WRONG, NOT_SHOWN = "right", "right given what came before", "wrong", "not shown"


def network_parts(assignment: Assignment, check: CheckResult) -> tuple[tuple[Part, ...], Diagnosis | None]:
    """The points for each part of an assignment, and the explanation by which they are given.

    Of several that are equally simple, it is the one that costs least.
    """
    blames = [Blame.of(one, check) for one in check.diagnoses if one.rules]
    if not blames:
        return _parts_by(None, assignment, check), next(iter(check.diagnoses), None)
    marks = [(_parts_by(blame, assignment, check), blame.diagnosis) for blame in blames]
    return max(marks, key=lambda mark: sum(part.points for part in mark[0]))


def _parts_by(blame: Blame | None, assignment: Assignment, check: CheckResult) -> tuple[Part, ...]:
    asked = {
        (one.what, where) for one in assignment.asked for where in ((one.where,) if one.where else ("output", "hidden"))
    }
    # A file that is tried on what it supports may refuse the rest.
    counted = [one for one in check.outcomes if check.support is None or one.verdict != "unsupported"]
    seen = [_with_asked(_seen_in(outcome, check, blame), asked) for outcome in counted]
    # Without biases, ∂C/∂b is right whatever it is.
    has_biases = check.found.bias != "none"
    return tuple(
        _network_part(one, seen) if has_biases or one.what != "b" else Part(one.name, 0.0, one.of, NO_BIASES)
        for one in assignment.asked
    )


def _network_part(asked: Asked, seen: Sequence[Mapping[Spot, str]]) -> Part:
    """The points for a part: all that are asked, by the share of the cases that show it to be right; none if it is
    wrong in any."""
    states = [state for one in seen if (state := _of_part(asked, one))]
    right, wrong = sum(state in (RIGHT, RIGHT_GIVEN) for state in states), states.count(WRONG)
    if wrong:
        return Part(asked.name, 0.0, asked.of, f"wrong in {wrong} of {len(states)} cases")
    if not states:
        return Part(asked.name, 0.0, asked.of, "none of the networks that ran has such layers")
    if right == len(states):
        return Part(asked.name, asked.of, asked.of)
    why = f"shown to be right in {right} of {len(states)} cases only"
    return Part(asked.name, asked.of * right / len(states), asked.of, why)


def _of_part(asked: Asked, seen: Mapping[Spot, str]) -> str:
    """What is seen of a part in a case; empty if it has none of its layers."""
    found = {state for (what, where), state in seen.items() if what == asked.what and asked.where in ("", where)}
    return next((state for state in (WRONG, NOT_SHOWN, RIGHT_GIVEN, RIGHT) if state in found), "")


def _with_asked(seen: Mapping[Spot, str], asked: set[Spot]) -> dict[Spot, str]:
    """The same, where what is wrong and gives no points is wrong at the first quantity after it that does."""
    moved = {spot for one, state in seen.items() if state == WRONG for spot in [_first_asked(one, asked, seen)] if spot}
    return {spot: WRONG if spot in moved else state for spot, state in seen.items()}


def _first_asked(spot: Spot, asked: set[Spot], seen: Mapping[Spot, str]) -> Spot | None:
    what, where = spot
    after = [spot, *((one, at) for one in LATER.get(what, ()) for at in (where, *({"output", "hidden"} - {where})))]
    return next((one for one in after if one in asked and one in seen), None)


def _seen_in(outcome: Outcome, check: CheckResult, blame: Blame | None) -> dict[Spot, str]:
    """What is seen of each quantity in a case, in the output layer and in the hidden layers if it has some."""
    last = len(outcome.trial.inputs.network.layers)
    mistaken = {*blame.spots(outcome)} if blame else set[Spot]()
    keys = {key: _state_of(key, outcome, blame, mistaken) for key in outcome.judgements}
    if blame is None and WRONG in keys.values():
        keys |= dict(_given_states(keys, outcome, check))
    shown: dict[Spot, str] = {}
    for what in QUANTITY_NAMES:
        for where in ("output", "hidden") if last > 1 else ("output",):
            found = {state for key, state in keys.items() if _spot_of(key, last) == (what, where)}
            order = (WRONG, NOT_SHOWN, RIGHT_GIVEN, RIGHT)
            shown[what, where] = next((state for state in order if state in found), "")
    if blame is not None and outcome.out_of_bounds:
        shown |= {spot: WRONG for spot in mistaken if not shown[spot]}
    return {spot: state or _implied(spot, shown, outcome, blame) for spot, state in shown.items()}


def _implied(spot: Spot, shown: Mapping[Spot, str], outcome: Outcome, blame: Blame | None) -> str:
    """What is seen of a quantity that is not shown: numbers that are computed from it say it, or a formula."""
    what, where = spot
    # The error of the output depends on the whole forward pass.
    later = {shown[one, "output" if what == "forward" else where] for one in LATER.get(what, ())}
    if RIGHT in later and not (blame and outcome.out_of_bounds):
        return RIGHT
    # Without a formula, numbers that are right given wrong ones say nothing of these.
    is_in_formula = blame is not None and not later.isdisjoint((RIGHT, RIGHT_GIVEN, WRONG))
    return RIGHT_GIVEN if is_in_formula and blame and blame.depends_on(spot, outcome) else NOT_SHOWN


def _spot_of(key: ArrayKey, last: int) -> Spot:
    name, l = key
    return ("forward" if name in SHOWN_FORWARD else name), where_of(l, last)


def _state_of(key: ArrayKey, outcome: Outcome, blame: Blame | None, mistaken: set[Spot]) -> str:
    """What is seen of a quantity that is shown. What is not decided to be wrong shows nothing."""
    if outcome.judgements[key].verdict:
        return RIGHT
    if blame is not None:
        is_wrong = _spot_of(key, len(outcome.trial.inputs.network.layers)) in mistaken
        # Zeros follow from wrong zeros in any formula.
        return WRONG if is_wrong else RIGHT_GIVEN if np.any(outcome.quantities[key]) else NOT_SHOWN
    if outcome.cause == "inaccurate":
        return RIGHT if is_within_coarse(key, outcome) else WRONG
    return WRONG if outcome.cause == "wrong" else NOT_SHOWN


def _given_states(keys: Mapping[ArrayKey, str], outcome: Outcome, check: CheckResult) -> Iterator[tuple[ArrayKey, str]]:
    """The wrong numbers of a case that are right given others; or right, where all are those of single precision."""
    single = is_single(outcome)
    right = right_in_single(outcome, check.found) if single else frozenset[ArrayKey]()
    given = right_given(outcome, check.found, "float32" if single else outcome.trial.case.dtype)
    for key, state in keys.items():
        if state == WRONG and key in right:
            yield key, RIGHT
        elif state == WRONG and key in given and np.any(outcome.quantities[key]):
            yield key, RIGHT_GIVEN
