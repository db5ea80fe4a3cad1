"""The catalogue: every mistake is seen, names itself, and is found out on networks of any shape."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from networks import inputs

from harness.cases import Case, gradient_cases
from harness.catalogue import HIDDEN, SEEN, kill_matrix, prepared
from harness.certify import certify, excess
from harness.conventions import OURS
from harness.diagnose import Subject, diagnose, outcome
from harness.mistakes import CATALOGUE, Mistake
from harness.rounded import rounded_inputs
from harness.textbook import Scale, Textbook

ROOT = Path(__file__).resolve().parent.parent
# What shows in the numbers of one call in float64.
BY_NUMBERS = sorted(CATALOGUE.keys() - {"gradients_not_zeroed", "inputs_mutated", "float32_inside"})


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for row in kill_matrix(prepared(gradient_cases()))}


def test_all_mistakes_of_the_list_are_there_the_articles_own_first():
    assert len(CATALOGUE) >= 40
    assert list(CATALOGUE)[:3] == [
        "outputs_where_inputs_belong",
        "inverse_where_transpose_belongs",
        "bias_not_an_input",
    ]


@pytest.mark.parametrize("name", CATALOGUE)
def test_an_entry_says_what_a_learner_needs(name):
    entry = CATALOGUE[name]
    assert entry.known_as() == name
    assert entry.sentence().endswith(".")
    assert entry.right != entry.wrong
    assert entry.equation
    assert entry.sources
    assert all(re.match(r"https://|in the wild|an intuition", source) for source in entry.sources)
    overridden = [method for method in vars(entry) if not method.startswith("_")]
    assert set(overridden) > {"equation", "right", "wrong"}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_mistake_is_seen_by_three_cases_and_names_itself(rows, name):
    assert len(rows[name].cases(SEEN)) >= 3
    assert name in rows[name].named
    assert set(rows[name].named) <= {name, "bias_never_updated", "bias_not_an_input"}


def test_the_committed_matrix_is_that_of_today(rows):
    page = (ROOT / "reports" / "mistakes.md").read_text(encoding="utf-8")
    for number, row in enumerate(rows.values(), start=1):
        counts = Counter(row.by_case.values())
        cells = [f"M{number}", row.name, row.entry.equation, *(str(counts[w]) for w in (SEEN, HIDDEN, "does not run"))]
        assert re.search(r"\| " + r" +\| ".join(map(re.escape, cells)) + r" +\|", page), row.name


def test_the_textbook_without_a_mistake_is_right_on_every_case():
    class Nothing(Mistake):
        """Nothing is wrong."""

    for one in prepared(gradient_cases()):
        for function in ("backprop", "step"):
            first, second, changed = outcome(Nothing, function, one.inputs, one.case.learning_rate, Scale())
            assert not changed
            assert second is first
            for (name, layer), value in first.items():
                if not name.startswith("update"):
                    assert (excess(value.astype(np.float64), one.standards[name, layer]) <= 1).all(), one.case.id


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(BY_NUMBERS), given_inputs=inputs())
def test_no_mistake_passes_where_it_changes_the_numbers(name, given_inputs):
    """On a network of any shape: where a mistake moves a gradient or a step by a millionth, it does not agree."""
    rate = 0.3
    standards = certify(given_inputs, rate, "float64")
    moved = False
    for function in ("backprop", "step"):
        try:
            with np.errstate(all="ignore"):
                wrong, _, _ = outcome(CATALOGUE[name], function, given_inputs, rate, Scale())
                right, _, _ = outcome(Textbook, function, given_inputs, rate, Scale())
        except (ValueError, IndexError, KeyError):
            assume(False)
        for key in wrong:
            moved |= bool(np.abs(wrong[key] - right[key]).max() > 1e-6 * max(np.abs(right[key]).max(), 1e-3))
    assume(moved)
    assert not _agrees(CATALOGUE[name], given_inputs, rate, standards)


def _agrees(formulation, given_inputs, rate, standards):
    gradients, _, _ = outcome(formulation, "backprop", given_inputs, rate, Scale())
    after = formulation(given_inputs, rate).step()
    pairs = zip(given_inputs.network.layers, after.layers, strict=True)
    updates = {
        ("update", l): np.column_stack([old.w - new.w, old.b - new.b]) for l, (old, new) in enumerate(pairs, start=1)
    }
    return all((excess(value, standards[key]) <= 1).all() for key, value in (gradients | updates).items())


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(["", *BY_NUMBERS]), given_inputs=inputs(), dtype=st.sampled_from(["float32", "float64"]))
def test_the_rounding_of_a_wrong_formula_stays_within_its_own_bound(name, given_inputs, dtype):
    """The formula in its plain dtype is no farther from the same with bounds than these say."""
    formulation = CATALOGUE.get(name, Textbook)
    network = given_inputs.network
    cast = type(given_inputs)(
        network.with_parameters(
            [l.w.astype(dtype) for l in network.layers], [l.b.astype(dtype) for l in network.layers]
        ),
        given_inputs.x.astype(dtype),
        given_inputs.t.astype(dtype),
    )
    for function in ("backprop", "step"):
        with np.errstate(all="ignore"):
            try:
                plain, _, _ = outcome(formulation, function, cast, 0.3, Scale())
            except (ValueError, IndexError, KeyError):
                with pytest.raises((ValueError, IndexError, KeyError)):
                    outcome(formulation, function, rounded_inputs(cast, dtype), 0.3, Scale())
                continue
            bounded, _, _ = outcome(formulation, function, rounded_inputs(cast, dtype), 0.3, Scale())
            for key, value in plain.items():
                difference = np.abs(value.astype(np.float64) - bounded[key].value)
                known = np.isfinite(bounded[key].value) & np.isfinite(bounded[key].error)
                assert (difference[known] <= 2 * bounded[key].error[known]).all(), (key, name)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(BY_NUMBERS), given_inputs=inputs())
def test_a_mistake_on_any_network_is_named_or_hidden_there(name, given_inputs):
    """Given one network alone, the diagnosis has the mistake's own name among those that give its numbers."""
    subjects = []
    standards = certify(given_inputs, 0.3, "float64")
    for function in ("backprop", "step"):
        with np.errstate(all="ignore"):
            try:
                first, _, _ = outcome(CATALOGUE[name], function, given_inputs, 0.3, Scale())
            except (ValueError, IndexError, KeyError):
                assume(False)
        departs = not _agrees(CATALOGUE[name], given_inputs, 0.3, standards)
        subjects.append(Subject("one", function, given_inputs, 0.3, "float64", first, None, False, departs))
    assume(any(subject.departs for subject in subjects))
    assert name in [diagnosis.name for diagnosis in diagnose(subjects, OURS)]


def test_a_case_says_what_it_is_for():
    assert all(isinstance(case, Case) for case in gradient_cases())
    assert len({case.id for case in gradient_cases()}) == len(gradient_cases()) >= 50
