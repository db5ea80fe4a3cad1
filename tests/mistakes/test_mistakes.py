"""The catalogue: every mistake is seen and named, on networks of any shape."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.networks import inputs

from harness.cases.case import Case, make_case
from harness.cases.standard import gradient_cases
from harness.jobs.evidence.mistakes.kill_matrix import HIDDEN, SEEN, answers, kill_matrix, prepared
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.mistakes import CATALOGUE
from harness.mistakes.diagnose import diagnose
from harness.mistakes.explain import subjects_of
from harness.mistakes.formulation import formulation
from harness.mistakes.reproduce import REPRODUCED, call_quantities, try_formulation
from harness.mistakes.rules import complexity
from harness.model.textbook import Textbook
from harness.truth.bounds.rounded_array import rounded_inputs

CASE = make_case("random", (1, 1))  # only its learning rate counts
ROOT = Path(__file__).resolve().parents[2]
# What shows in the numbers of one call in float64.
BY_NUMBERS = sorted(CATALOGUE.keys() - {"gradients_not_zeroed", "inputs_mutated", "float32_inside", "float16_stored"})


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for row in kill_matrix(prepared(gradient_cases()))}


def test_the_mistakes_of_the_articles_come_first():
    assert len(CATALOGUE) >= 41
    assert list(CATALOGUE)[:3] == [
        "outputs_where_inputs_belong",
        "inverse_where_transpose_belongs",
        "bias_not_an_input",
    ]


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_has_a_sentence_both_formulas_and_a_source(name):
    entry = CATALOGUE[name]
    assert entry.known_as() == name
    assert entry.sentence().endswith(".")
    assert bool(entry.formulas()) == bool(entry.rules)
    assert entry.equations()
    assert entry.sources
    assert all(re.match(r"https://|seen in code|an intuition", source) for source in entry.sources)
    assert entry.rules or entry.dtype


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_mistake_is_seen_by_three_cases_and_named(rows, name):
    assert len(rows[name].cases(SEEN)) >= 3
    assert name in rows[name].named
    assert set(rows[name].named) <= {name, "bias_never_updated", "bias_not_an_input"}


def test_a_mistake_in_a_penalty_needs_one():
    of_penalties = {name for name, entry in CATALOGUE.items() if not entry.applies_to(DEFAULT_CONVENTION)}
    assert of_penalties == {name for name in CATALOGUE if name.startswith("penalty")}
    assert len(of_penalties) >= 9
    assert all(entry.applies_to(Convention(l2=1e-3)) for entry in CATALOGUE.values())


def test_the_committed_matrix_is_that_of_today(rows):
    page = (ROOT / "reports" / "mistakes.md").read_text(encoding="utf-8")
    for number, row in enumerate(rows.values(), start=1):
        counts = Counter(row.by_case.values())
        cells = [
            f"M{number}",
            row.name,
            row.entry.equations(),
            *(str(counts[w]) for w in (SEEN, HIDDEN, "does not run")),
        ]
        assert re.search(r"\| " + r" +\| ".join(map(re.escape, cells)) + r" +\|", page), row.name


def judged_on(entry, given_inputs, dtype="float64"):
    """What the checker makes of a mistake on one network of any shape."""
    case = replace(CASE, dtype=dtype)
    trial = Trial(CaseTruth.of(case, given_inputs), {})
    return judge_case(replace(trial, answers=answers(entry, trial, entry.convention)), entry.convention)


def fits(formulation, given_inputs):
    found = answers(formulation, Trial(CaseTruth(CASE, given_inputs), {}))
    return all(answer.refusal is None or answer.refusal.kind != "exception" for answer in found.values())


def test_the_textbook_without_a_mistake_is_right_on_every_case():
    for one in prepared(gradient_cases()):
        outcome_of = judge_case(replace(one, answers=answers(Textbook, one)), DEFAULT_CONVENTION)
        assert outcome_of.verdict == "agrees", one.case.id
        assert {name for name, _ in outcome_of.judgements} == {"z", "a", "delta", "w", "b", "update"}


def test_no_mistake_passes_where_it_changes_the_numbers():
    """On a network of any shape: where a mistake moves a gradient or a step by a millionth, it does not agree."""
    tried = 0

    @settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(name=st.sampled_from(BY_NUMBERS), given_inputs=inputs())
    def is_seen(name, given_inputs):
        nonlocal tried
        assume(fits(CATALOGUE[name], given_inputs))
        moved = False
        for function in ("backprop", "step"):
            scale = CATALOGUE[name].convention.scale(given_inputs)
            with np.errstate(all="ignore"):
                wrong, _ = call_quantities(CATALOGUE[name], function, given_inputs, CASE.learning_rate, scale)
                right, _ = call_quantities(Textbook, function, given_inputs, CASE.learning_rate, scale)
            for key in wrong:
                moved |= bool(np.abs(wrong[key] - right[key]).max() > 1e-6 * max(np.abs(right[key]).max(), 1e-3))
        assume(moved)
        tried += 1
        assert judged_on(CATALOGUE[name], given_inputs).verdict in ("wrong", "failed")

    is_seen()
    assert tried >= 50


def test_the_rounding_of_a_wrong_formula_stays_within_its_own_bound():
    """The formula in its plain dtype is no farther from the same with bounds than these say."""
    tried: Counter[str] = Counter()

    @settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(
        name=st.sampled_from(["", *BY_NUMBERS]), given_inputs=inputs(), dtype=st.sampled_from(["float32", "float64"])
    )
    def is_within(name, given_inputs, dtype):
        formulation, cast = CATALOGUE.get(name, Textbook), given_inputs.astype(dtype)
        assume(fits(formulation, cast))
        scale = getattr(formulation, "convention", DEFAULT_CONVENTION).scale(cast)
        for function in ("backprop", "step"):
            with np.errstate(all="ignore"):
                plain, _ = call_quantities(formulation, function, cast, CASE.learning_rate, scale)
                bounded, _ = call_quantities(
                    formulation, function, rounded_inputs(cast, dtype), CASE.learning_rate, scale
                )
                for key, value in plain.items():
                    difference = np.abs(value.astype(np.float64) - bounded[key].value)
                    known = np.isfinite(bounded[key].value) & np.isfinite(bounded[key].error)
                    tried["entries"] += value.size
                    tried["known"] += int(known.sum())
                    assert (difference[known] <= 2 * bounded[key].error[known]).all(), (key, name)

    is_within()
    assert tried["known"] > 0.9 * tried["entries"] > 0


def test_what_is_said_of_one_network_gives_its_numbers():
    """Given one network alone, the mistake gives its own numbers, and so does each formula that is said."""
    tried: Counter[str] = Counter()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(name=st.sampled_from(BY_NUMBERS), given_inputs=inputs())
    def is_reproduced(name, given_inputs):
        assume(fits(CATALOGUE[name], given_inputs))
        found = subjects_of(judged_on(CATALOGUE[name], given_inputs), CATALOGUE[name].convention)
        assume(any(subject.is_failing for subject in found))
        failing = [subject for subject in found if subject.is_failing]
        assert all(try_formulation(CATALOGUE[name], subject) != "contradicted" for subject in found)
        said = diagnose(found)
        tried["said" if said else "nothing"] += 1
        for one in said:
            results = {try_formulation(formulation(one.rules), subject) for subject in failing}
            assert REPRODUCED in results
            assert "contradicted" not in results
            assert complexity(one.rules) <= complexity(CATALOGUE[name].rules)

    is_reproduced()
    assert tried["said"] >= 20
    assert tried["nothing"] <= 0.1 * tried["said"]


def test_a_case_says_what_it_is_for():
    assert all(isinstance(case, Case) for case in gradient_cases())
    assert len({case.id for case in gradient_cases()}) == len(gradient_cases()) >= 50


def test_an_outcome_without_a_truth_leaves_nothing_to_explain():
    given_inputs = CASE.build(1)
    trial = Trial(CaseTruth(CASE, given_inputs, reason="no truth"), {})
    outcome = judge_case(replace(trial, answers=answers(Textbook, trial)), DEFAULT_CONVENTION)
    assert outcome.verdict == "cannot tell"
    assert subjects_of(outcome, DEFAULT_CONVENTION) == []
