"""The mark of a network, by quantity and layer, each given what the submission computed before.

Where a formula explains the wrong numbers, the mistakes are the equations in which it differs; all others are right,
with the wrong one in place. Where none does, each quantity is compared with what it should be given those before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.jobs.check.run import CheckResult
from harness.jobs.check.text.formulas import formulas_in
from harness.jobs.grade.assignment.assignment import QUANTITY_NAMES, Asked, Assignment
from harness.jobs.grade.marking.given import right_given
from harness.jobs.grade.record import Part
from harness.judging.judge import Outcome
from harness.mistakes.render import Formula
from harness.mistakes.rules import Rule
from harness.sandbox.answers import ArrayKey

NO_BIASES = "the submission has no biases"
SHOWN_FORWARD = ("z", "a")
# The quantities that are computed from each.
LATER = {"forward": ("delta", "w", "b", "update"), "delta": ("w", "b", "update"), "w": ("update",), "b": ("update",)}
_OF_EQUATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("data", "z", "a"), ("forward",)),
    **dict.fromkeys(("BP1", "BP2"), ("delta",)),
    "BP3": ("b",),
    "BP4": ("w",),
    "rule": ("update",),
    "calls": ("w", "b", "update"),
}
# What is seen of a quantity in a case: its numbers are right, or right given what came before, or wrong, or not shown.
RIGHT, RIGHT_GIVEN, WRONG, NOT_SHOWN = "right", "right given what came before", "wrong", "not shown"
Spot = tuple[str, str]  # a quantity of QUANTITY_NAMES, and "output" or "hidden"


def network_parts(assignment: Assignment, check: CheckResult) -> tuple[Part, ...]:
    """The points for each part of an assignment."""
    quantities = [one.what for one in assignment.asked]
    mistaken = frozenset(_moved_to_asked(_mistaken_places(check), quantities))
    # A file that is tried on what it supports may refuse the rest.
    counted = [one for one in check.outcomes if check.support is None or one.verdict != "unsupported"]
    seen = [_seen_in(outcome, check, mistaken) for outcome in counted]
    if check.found.bias == "none":  # then ∂C/∂b is right whatever it is
        return tuple(
            Part(one.name, 0.0, one.of, NO_BIASES) if one.what == "b" else _network_part(one, seen)
            for one in assignment.asked
        )
    return tuple(_network_part(asked, seen) for asked in assignment.asked)


def _network_part(asked: Asked, seen: Sequence[Mapping[Spot, str]]) -> Part:
    """The points for a part: all that are asked, by the share of the cases that show it to be right; none if it is
    wrong in any."""
    states = [state for one in seen if (state := _of_part(asked, one))]
    right, wrong = sum(state in (RIGHT, RIGHT_GIVEN) for state in states), states.count(WRONG)
    if wrong:
        return Part(asked.name, 0.0, asked.of, f"wrong in {wrong} of {len(states)} cases")
    if right == len(states) and states:
        return Part(asked.name, asked.of, asked.of)
    why = f"shown to be right in {right} of {len(states)} cases only"
    return Part(asked.name, asked.of * right / max(len(states), 1), asked.of, why)


def _of_part(asked: Asked, seen: Mapping[Spot, str]) -> str:
    """What is seen of a part in a case; empty if it has none of its layers."""
    found = {state for (what, where), state in seen.items() if what == asked.what and asked.where in ("", where)}
    return next((state for state in (WRONG, NOT_SHOWN, RIGHT_GIVEN, RIGHT) if state in found), "")


def _mistaken_places(check: CheckResult) -> Iterator[Spot]:
    """The places of the equations in which the formula that explains the numbers differs."""
    for diagnosis in check.diagnoses[:1]:
        if diagnosis.function == "step":  # its gradients are right, whichever equation would make the same step
            yield from (("update", "output"), ("update", "hidden"))
            continue
        for formula in formulas_in(diagnosis, check):
            for quantity in _OF_EQUATIONS[formula.equation]:
                yield from ((quantity, where) for where in _layers_of_formula(formula))


def _layers_of_formula(formula: Formula) -> Iterable[str]:
    if formula.equation in ("BP1", "BP2"):
        return ("output",) if formula.equation == "BP1" else ("hidden",)
    return {where for rule in formula.rules for where in _layers_of_rule(rule)}


def _layers_of_rule(rule: Rule) -> Iterable[str]:
    position = rule.scope.position
    if "output" in position:
        return ("output",)
    return ("hidden",) if any(word in position for word in ("hidden", "first layer")) else ("output", "hidden")


def _moved_to_asked(places: Iterable[Spot], quantities: Sequence[str]) -> Iterator[Spot]:
    """The places, each at the first quantity that gives points and shows it, if its own gives none."""
    for quantity, where in places:
        if quantity in quantities:
            yield quantity, where
        else:
            later = [one for one in LATER.get(quantity, ()) if one in quantities]
            yield from ((one, where) for one in later[:1])


def _seen_in(outcome: Outcome, check: CheckResult, mistaken: frozenset[Spot]) -> dict[Spot, str]:
    """What is seen of each quantity in a case, in the output layer and in the hidden layers if it has some."""
    last = len(outcome.trial.inputs.network.layers)
    keys = {key: _state_of(key, outcome, check, mistaken) for key in outcome.judgements}
    if WRONG in keys.values() and not check.diagnoses:
        given = right_given(outcome, check.found)
        keys = {key: RIGHT_GIVEN if state == WRONG and key in given else state for key, state in keys.items()}
    shown: dict[Spot, str] = {}
    for what in QUANTITY_NAMES:
        for where in ("output", "hidden") if last > 1 else ("output",):
            found = {state for key, state in keys.items() if _place_of_key(key, outcome) == (what, where)}
            shown[what, where] = next((state for state in (WRONG, RIGHT_GIVEN, RIGHT) if state in found), NOT_SHOWN)
    return {
        place: _implied(place, shown, outcome, check, mistaken) if state == NOT_SHOWN else state
        for place, state in shown.items()
    }


def _implied(
    place: Spot,
    shown: Mapping[Spot, str],
    outcome: Outcome,
    check: CheckResult,
    mistaken: frozenset[Spot],
) -> str:
    """What is seen of a quantity that is not shown: a formula says it, or numbers that are computed from it."""
    if place in mistaken and outcome.out_of_bounds:
        return WRONG
    what, where = place
    # The error of the output depends on the whole forward pass.
    where = "output" if what == "forward" else where
    later = {shown[one, where] for one in LATER.get(what, ())}
    # Without a formula, numbers that are right given wrong ones say nothing of these.
    return next((state for state in (RIGHT, RIGHT_GIVEN if check.diagnoses else "") if state in later), NOT_SHOWN)


def _place_of_key(key: ArrayKey, outcome: Outcome) -> Spot:
    name, l = key
    is_last = l == len(outcome.trial.inputs.network.layers)
    return ("forward" if name in SHOWN_FORWARD else name), ("output" if is_last else "hidden")


def _state_of(key: ArrayKey, outcome: Outcome, check: CheckResult, mistaken: frozenset[Spot]) -> str:
    """What is seen of a quantity that is shown."""
    if outcome.judgements[key].verdict or outcome.cause != "wrong":
        return RIGHT
    return RIGHT_GIVEN if check.diagnoses and _place_of_key(key, outcome) not in mistaken else WRONG
