"""The search for formulas: what is planted is found, whole, and nothing else is said."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from harness.cases.standard import gradient_cases
from harness.jobs.evidence.mistakes.kill_matrix import answers, prepared
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import judge_case
from harness.mistakes.diagnose import diagnose
from harness.mistakes.explain import subjects_of
from harness.mistakes.formulation import formulation
from harness.mistakes.grammar import SLOTS
from harness.mistakes.rules import BIASES, EVERYWHERE, HIDDEN_LAYERS, OUTPUT_LAYER, Rule, Scope
from harness.mistakes.search.apart import case_apart

WEIGHTS = Scope(part="weights")
# What may be wrong in each equation, and in which layers and part.
PLACES = {
    "forward": {"bias": EVERYWHERE, "activation": EVERYWHERE},
    "BP1": dict.fromkeys(("slope", "extra slope", "delta factor"), OUTPUT_LAYER) | {"error": EVERYWHERE},
    "BP2": dict.fromkeys(("slope", "delta factor"), HIDDEN_LAYERS) | dict.fromkeys(("source", "matrix"), EVERYWHERE),
    "BP3": dict.fromkeys(("delta used", "rows", "gradient factor"), BIASES) | {"bias sum": EVERYWHERE},
    "BP4": dict.fromkeys(("delta used", "rows", "gradient factor"), WEIGHTS)
    | dict.fromkeys(("input used", "arrangement"), EVERYWHERE),
}
SINGLE = [
    Rule(slot, one.symbol, scope)
    for place in PLACES.values()
    for slot, scope in place.items()
    for one in SLOTS[slot].alternatives
    if not one.shows_as_nan
]


@pytest.fixture(scope="module")
def trials():
    return prepared(gradient_cases())


def returned(trial, rules, names):
    """What code with these formulas returns from backprop: the quantities with these names."""
    answer = answers(formulation(rules), trial)["backprop"]
    if answer.arrays is None:
        return answer
    return replace(answer, arrays={key: array for key, array in answer.arrays.items() if key[0] in names})


def said(trials, rules, names=("w", "b")):
    """The number of failing cases, and the rules that the diagnosis finds."""
    outcomes = [
        judge_case(replace(one, answers={"backprop": returned(one, rules, names)}), DEFAULT_CONVENTION)
        for one in trials
    ]
    subjects = [subject for outcome in outcomes for subject in subjects_of(outcome, DEFAULT_CONVENTION)]
    failing = sum(subject.is_failing for subject in subjects)
    return failing, [one.rules for one in diagnose(subjects)] if failing else []


def are_the_same(one, other, trials, names):
    """Whether code with the one formulas returns what code with the other ones does, on every case in float64."""
    for trial in trials:
        if trial.case.dtype == "float64":
            first, second = (returned(trial, rules, names).arrays for rules in (one, other))
            if first is None or second is None:
                if first is not second:
                    return False
            elif not all(np.allclose(first[key], second[key], rtol=1e-8, atol=1e-12, equal_nan=True) for key in first):
                return False
    return True


def found_of(trials, rules, names):
    """ "found", "nothing" or "false" for what is said of code with these formulas; empty if it hardly fails."""
    failing, explanations = said(trials, rules, names)
    if failing < 5 or any(case_apart(rules, tuple(one for one in rules if one is not left)) is None for left in rules):
        return ""  # one of them changes nothing
    if not explanations:
        return "nothing"
    return "found" if any(are_the_same(rules, one, trials, names) for one in explanations) else "false"


def test_each_alternative_is_found_alone(trials, request):
    every = 1 if request.config.getoption("all_seeds") else 11
    counts = Counter(found_of(trials, (rule,), ("w", "b")) for rule in SINGLE[::every])
    print(f"{dict(counts)} of {len(SINGLE)} alternatives, every {every}th")
    assert counts["false"] == 0
    assert counts["found"] >= 0.95 * (counts["found"] + counts["nothing"])
    assert counts["found"] >= 15


# Numbers that code may have: of few digits, and 1 divided by such a number.
NUMBERS = (0.3, -0.07, 1.25, 1 / 0.9)
MEASURED = [(slot.name, one) for slot in SLOTS.values() if slot.name != "step" for one in slot.measured]


@pytest.mark.parametrize(("slot", "one"), MEASURED, ids=lambda one: getattr(one, "symbol", one))
def test_a_number_is_read_off_the_data(trials, slot, one):
    c = NUMBERS[MEASURED.index((slot, one)) % len(NUMBERS)]
    scope = HIDDEN_LAYERS if slot in ("slope", "activation") else EVERYWHERE
    alternative = one.with_number(c)
    rule = Rule(slot, alternative.symbol, scope, constant=alternative)
    assert found_of(trials, (rule,), ("w", "b", "delta")) == "found"


@pytest.mark.parametrize("c", [0.25, 0.1])
@pytest.mark.parametrize(
    ("slot", "scope"), [("limit of e", EVERYWHERE), ("delta limit", HIDDEN_LAYERS), ("gradient limit", WEIGHTS)]
)
def test_a_limit_is_read_off_the_data(trials, slot, scope, c):
    assert found_of(trials, (Rule(slot, f"clip(·, ±{c})", scope),), ("w", "b")) == "found"


def test_three_mistakes_are_found_whole(trials, request):
    wanted = 200 if request.config.getoption("all_seeds") else 10
    draw, counts = random.Random(17), Counter()
    while counts["found"] + counts["nothing"] + counts["false"] < wanted:
        rules = []
        for equation in draw.sample(sorted(PLACES), 3):
            slot = draw.choice(sorted(PLACES[equation]))
            alternatives = [one for one in SLOTS[slot].alternatives if not one.shows_as_nan]
            rules.append(Rule(slot, draw.choice(alternatives).symbol, PLACES[equation][slot]))
        names = ("w", "b", "delta") if draw.random() < 0.3 else ("w", "b")
        counts[found_of(trials, tuple(rules), names)] += 1
    print(dict(counts))
    assert counts["false"] == 0
    assert counts["found"] >= 0.8 * wanted


def test_nothing_is_said_of_right_code(trials):
    assert said(trials, ()) == (0, [])
