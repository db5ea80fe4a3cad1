"""A formula that was found is confirmed on fresh cases, or it is not said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.checking import ONLY_SIGMOID, SUBMISSIONS, checked, names
from support.running import shared

from harness.cases.case import make_case
from harness.cases.standard import gradient_cases
from harness.judging.causes.again.fresh import FRESH_CASES, MAX_FRESH_SECONDS, SEED_OFFSET, FreshRuns, fresh_cases
from harness.judging.judge import CaseTruth, Outcome, Trial
from harness.sandbox.answers import Answer
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Limits, Submission

pytestmark = pytest.mark.usefixtures("known_truths")
WRONG = SUBMISSIONS / "wrong"
PATTERN = "sigmoid-batch"
CASES = [case for case in gradient_cases() if PATTERN in case.id]


def outcome_of(case, seconds=0.0):
    trial = Trial(CaseTruth(case, case.build(1)), {"backprop": Answer(seconds=seconds)})
    return Outcome(trial, "wrong", {}, {}, {})


def test_a_formula_is_confirmed_on_fresh_cases():
    [found] = checked(shared(), WRONG / "sigma_prime_missing_in_hidden_recursion.py", pattern=PATTERN).diagnoses
    assert found.name == "sigma_prime_missing_in_hidden"
    assert 0 < found.fresh <= min(FRESH_CASES, found.of)


def test_arithmetic_is_confirmed_on_fresh_cases():
    [found] = checked(shared(), WRONG / "float32_inside_single_precision.py", pattern=PATTERN).diagnoses
    assert found.name == "float32_inside"
    assert found.fresh > 0


def test_an_undeclared_convention_is_confirmed_as_the_mistake_that_it_is():
    path = SUBMISSIONS / "styles" / "mean_undeclared.py"
    found = checked(shared(), path, pattern=PATTERN)
    assert names(found) == ["mean_where_sum_is_stated"]
    assert found.diagnoses[0].fresh > 0


def test_a_single_case_has_no_fresh_ones():
    path = WRONG / "sigma_prime_missing_in_hidden_recursion.py"
    found = checked(shared(), path, pattern="iris-4-5-3-sigmoid-batch8")
    assert len(found.outcomes) == 1
    assert {one.fresh for one in found.diagnoses} == {0}


@pytest.mark.parametrize("calls", [2 * len(CASES), 10**9])
def test_a_formula_that_a_fresh_case_contradicts_is_not_said(tmp_path, calls):
    """∂C/∂W has the wrong sign in the calls of the check, and wrong in another way in those that come after it."""
    path = tmp_path / "later.py"
    path.write_text(
        f"{ONLY_SIGMOID}\ndef backprop(network, x, t):\n    g = right(network, x, t)\n    calls.append(0)\n"
        f"    if len(calls) > {calls}: return Gradients([w + 1 for w in g.w], g.b, g.delta)\n"
        "    return Gradients([-w for w in g.w], g.b, g.delta)\n",
        encoding="utf-8",
    )
    found = checked(shared(), path, pattern=PATTERN)
    assert found.verdict == "wrong"
    assert [one.fresh > 0 for one in found.diagnoses] == ([] if calls < 10**9 else [True])


def test_fresh_inputs_are_of_another_seed():
    path = WRONG / "sigma_prime_missing_in_hidden_recursion.py"
    with Pool(shared(), 1) as pool:
        runs = FreshRuns(pool, Submission("again", (str(path),), Limits(60.0, 600.0)), 5)
        trials = runs.trials(CASES[:3])
    assert [one.case for one in trials] == CASES[:3]
    for one in trials:
        assert (one.inputs.network.layers[0].w == one.case.build(5 + SEED_OFFSET).network.layers[0].w).all()
        assert (one.inputs.network.layers[0].w != one.case.build(5).network.layers[0].w).any()
        assert one.standards
        assert one.answers["backprop"].arrays


def test_fresh_cases_are_small_and_of_every_kind():
    outcomes = [outcome_of(case) for case in gradient_cases()]
    chosen = fresh_cases(outcomes)
    assert len(chosen) == FRESH_CASES
    assert len({(case.activations, case.cost) for case in chosen}) == FRESH_CASES
    few = [outcome_of(make_case("random", (3, width, 2), "sigmoid", 4)) for width in range(20, 0, -1)]
    assert [case.widths[1] for case in fresh_cases(few)] == [*range(1, FRESH_CASES + 1)]
    assert fresh_cases([]) == []


def test_of_a_slow_file_there_are_fewer_fresh_cases():
    cases = [make_case("random", (3, width, 2), "sigmoid", 4) for width in range(1, 20)]
    assert len(fresh_cases([outcome_of(case, MAX_FRESH_SECONDS / 4) for case in cases])) == 4
    assert len(fresh_cases([outcome_of(case, MAX_FRESH_SECONDS * 4) for case in cases])) == 1
    mixed = [outcome_of(replace(cases[0], batch=1), MAX_FRESH_SECONDS), outcome_of(cases[1])]
    assert len(fresh_cases(mixed)) == 2
