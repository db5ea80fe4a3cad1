"""What a check says of errors that no formula explains: on what the wrong numbers depend, and on what they do not."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from support.checking import ONLY_SIGMOID, SUBMISSIONS, checked
from support.running import shared

from harness.cases.case import make_case
from harness.jobs.check.as_json import as_data
from harness.jobs.check.text import report_text
from harness.judging.causes.again.facts import limit_of_wrong_entries
from harness.judging.causes.again.sentences import Findings
from harness.judging.causes.again.variations import (
    ArrayName,
    activations,
    array_names,
    in_former_order,
    with_array_changed,
    with_row_changed,
    with_scaled_error,
    with_units_in_order,
    with_weights_changed_unseen,
)
from harness.mistakes import explain
from harness.model.textbook import Textbook

pytestmark = pytest.mark.usefixtures("known_truths")
NO_FORMULA = SUBMISSIONS / "unknown" / "no_formula"
ROW_ORDER, UNIT_ORDER, EARLIER = "on the order of the rows", "on the order of the units", "on the call before"
NOT_PROPORTIONAL = "not proportional to a − t"
# For each file: patterns of sentences that must be said, and of such that must not.
SAID = {
    "cache_by_shape": ([r"δ\^\d depends? on the call before", "first call in a new process is right"], ["order"]),
    "constant_weights_sent_back": ([r"δ\^1 does not depend on W\^2 in the backward pass"], [ROW_ORDER, EARLIER, "row"]),
    "gate_by_magnitude": (
        [r"entries of δ of the hidden layers whose true size is below 0\.05 are wrong", NOT_PROPORTIONAL],
        [ROW_ORDER, UNIT_ORDER, EARLIER],
    ),
    "gradient_clipped_by_norm": ([NOT_PROPORTIONAL, "64 times smaller, .* is right"], [ROW_ORDER, UNIT_ORDER, EARLIER]),
    "gradients_of_the_call_before": (
        [r"∂C/∂W\^\d and .* depend on the call before", "first call .* is right"],
        ["∂C/∂b"],
    ),
    "last_batch_truncated": (
        [r"∂C/∂W\^2 and ∂C/∂W\^1 do not depend on", f"depend {ROW_ORDER}", "first 8 rows of .* right, with one more"],
        ["∂C/∂b", UNIT_ORDER, EARLIER],
    ),
    "learning_rate_capped": (
        [r"updates of layers \d and 1 are not proportional to η"],
        ["backward", ROW_ORDER, "order of the", "depend"],
    ),
    "noise_of_a_fixed_seed": (
        [r"error of ∂C/∂W\^2 and ∂C/∂W\^1 is the same whatever the inputs are"],
        [ROW_ORDER, EARLIER, "∂C/∂b", "δ"],
    ),
    "rows_after_the_tenth_dropped": (
        [
            "do not depend on row 11 in a batch of the first 11 rows",
            f"depend {ROW_ORDER}",
            "first 10 rows of .* right, with one more",
        ],
        ["δ", UNIT_ORDER, EARLIER],
    ),
    "rows_normalised_together": ([r"δ\^1 has rows that depend on other rows"], [ROW_ORDER, UNIT_ORDER, EARLIER]),
    "two_units_swapped": (
        [r"δ\^1 depends on the order of the units of layer 1", r"δ\^1 has the right units in another order: 2, 1, 3"],
        [ROW_ORDER, EARLIER, "order of the inputs", "row"],
    ),
    "weights_of_three_digits": ([], ["."]),  # its error is one of arithmetic
    "wrong_above_16_rows": (
        ["first 16 rows of .* right, with one more", r"∂C/∂W\^2 and ∂C/∂W\^1 depend on the order of the rows"],
        ["∂C/∂b", UNIT_ORDER, EARLIER],
    ),
}
# Of formulas that are found, what would be said if they were not: exactly this.
OF_FORMULAS = {
    "bias_first_sample_only_deque": [
        "∂C/∂b^2 and ∂C/∂b^1 do not depend on the rows after row 1.",
        "∂C/∂b^2 and ∂C/∂b^1 depend on the order of the rows.",
    ],
    "bias_not_an_input_ones_column": [],  # what is 0 may depend on much where it is not
    "inverse_where_transpose_belongs_columns": [],
    "neuron_values_propagated_dicts": [
        "∂C/∂W^1 and ∂C/∂b^1 do not depend on t.",
        "The deviation of ∂C/∂W^1 and ∂C/∂b^1 from the truth is not proportional to a − t.",
    ],
    "penalty_of_biases_missing_two_lists": [
        "The error of ∂C/∂b^2 depends on b^2 alone.",
        "The error of ∂C/∂b^1 depends on b^1 alone.",
    ],
    "sigma_prime_missing_in_hidden_recursion": [],
}
TWISTED = f"{ONLY_SIGMOID}\ndef backprop(network, x, t):\n    g = right(network, x, t)\n    "
INPUTS = make_case("random", (3, 5, 4, 2), "tanh sigmoid", 3).build(1)


def test_there_is_a_table_for_every_file():
    assert sorted(SAID) == sorted(path.stem for path in NO_FORMULA.glob("*.py"))


def test_a_clipped_gradient_is_a_formula_with_its_limit():
    (found,) = checked(shared(), SUBMISSIONS / "formulas" / "gradient_clipped.py").diagnoses
    assert [rule.symbol for rule in found.rules] == ["clip(·, ±0.25)"]


@pytest.mark.parametrize("name", SAID)
def test_what_errors_depend_on_is_said_and_no_formula(name):
    found = checked(shared(), NO_FORMULA / f"{name}.py")
    assert not found.diagnoses
    must, must_not = SAID[name]
    for pattern in must:
        assert any(re.search(pattern, one) for one in found.dependences), (pattern, found.dependences)
    for pattern in must_not:
        assert not any(re.search(pattern, one) for one in found.dependences), (pattern, found.dependences)
    assert as_data(found, "")["dependences"] == [*found.dependences]
    shown = " ".join(report_text(found, "").split())
    assert all(one in shown for one in found.dependences)


@pytest.mark.parametrize("name", OF_FORMULAS)
def test_of_a_known_formula_only_what_is_true_is_said(monkeypatch, name):
    monkeypatch.setattr(explain, "diagnose_outcomes", lambda *_: [])
    found = checked(shared(), SUBMISSIONS / "wrong" / f"{name}.py", pattern="batch8")
    assert [*found.dependences] == OF_FORMULAS[name]


TWISTS = {
    "float32_inside_and_wrong": (
        "f = [d.astype('f') for d in g.delta]\n    "
        "return Gradients([(d @ d.T).sum() * w.astype('f') for d, w in zip(f, g.w)], g.b)",
        ["no sums"],
        [ROW_ORDER, EARLIER, "order of"],
    ),
    "weights_of_the_same_layer": (
        "d = g.delta[0] * (1 + network.layers[0].w.mean())\n    "
        "return Gradients([d.T @ x, *g.w[1:]], [d.sum(0), *g.b[1:]])",
        [r"depend on W\^1 in the backward pass, where it does not belong"],
        [ROW_ORDER, EARLIER, "not proportional"],
    ),
    "digits_lost_in_places": (
        "return Gradients([w * (1 + np.round(x, 1).mean()) for w in g.w], g.b, g.delta)",
        [],
        [ROW_ORDER, EARLIER],
    ),
}


@pytest.mark.parametrize("name", TWISTS)
def test_a_twisted_gradient(tmp_path, monkeypatch, name):
    monkeypatch.setattr(explain, "diagnose_outcomes", lambda *_: [])
    body, must, must_not = TWISTS[name]
    path = tmp_path / "twisted.py"
    path.write_text(f"{TWISTED}{body}\n", encoding="utf-8")
    found = checked(shared(), path, pattern="sigmoid")
    assert found.verdict == "wrong"
    for pattern in must:
        assert any(re.search(pattern, one) for one in found.dependences), (pattern, found.dependences)
    for pattern in must_not:
        assert not any(re.search(pattern, one) for one in found.dependences), (pattern, found.dependences)


def test_a_slow_file_is_not_run_again_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(explain, "diagnose_outcomes", lambda *_: [])
    path = tmp_path / "slow.py"
    body = "__import__('time').sleep(0.2); return Gradients([w * 1.3 for w in g.w], g.b)"
    path.write_text(f"{TWISTED}{body}\n", encoding="utf-8")
    start = time.perf_counter()
    found = checked(shared(), path, pattern="iris-4-5-3-sigmoid-batch8")
    assert found.verdict == "wrong"
    assert not found.dependences
    calls = sum(answer.seconds for one in found.outcomes for answer in one.trial.answers.values())
    assert time.perf_counter() - start < 20 * calls


def test_weights_can_change_so_that_only_the_backward_pass_sees_it():
    for layer in (2, 3):
        changed = with_weights_changed_unseen(INPUTS, layer, activations(INPUTS)[layer - 1])
        before, after = Textbook(INPUTS), Textbook(changed)
        before.gradients(), after.gradients()
        assert np.abs(changed.network.layers[layer - 1].w - INPUTS.network.layers[layer - 1].w).max() > 0.01
        assert all(np.allclose(before.z[l], after.z[l], rtol=0, atol=1e-12) for l in before.z)
        assert not np.allclose(before.delta[layer - 1], after.delta[layer - 1])


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_another_order_of_units_gives_the_same_quantities_in_that_order(layer):
    size = INPUTS.x.shape[1] if layer == 0 else len(INPUTS.network.layers[layer - 1].b)
    order = np.roll(np.arange(size), 1)
    one, other = Textbook(INPUTS), Textbook(with_units_in_order(INPUTS, layer, order))
    mine, theirs = one.gradients(), other.gradients()
    for name in ("w", "b", "delta"):
        for l, (array, changed) in enumerate(zip(getattr(mine, name), getattr(theirs, name), strict=True), start=1):
            assert np.allclose(in_former_order(changed, (name, l), layer, order), array, rtol=1e-12)


def test_one_array_changes_at_a_time():
    names = array_names(INPUTS)
    assert [*map(str, names)] == ["W^1", "b^1", "W^2", "b^2", "W^3", "b^3", "x", "t"]
    for number, name in enumerate(names):
        pairs = zip(with_array_changed(INPUTS, name).arrays(), INPUTS.arrays(), strict=True)
        assert [(one != other).any() for one, other in pairs] == [i == number for i in range(len(names))]
    changed = with_row_changed(INPUTS, 1)
    assert [*(changed.x != INPUTS.x).any(axis=1)] == [False, True, False]


def test_the_error_at_the_output_is_scaled():
    one, other = Textbook(INPUTS), Textbook(with_scaled_error(INPUTS, 0.25, activations(INPUTS)[3]))
    one.gradients(), other.gradients()
    assert np.allclose(other.a[3] - other.t, (one.a[3] - one.t) / 4)
    assert np.allclose(other.delta[1], one.delta[1] / 4)


def test_a_limit_of_the_wrong_entries():
    sizes = np.geomspace(0.01, 10, 40)
    assert limit_of_wrong_entries([(sizes, sizes > 1)]) == ("above", 1.0)
    assert limit_of_wrong_entries([(sizes[::2], sizes[::2] < 0.3), (sizes[1::2], sizes[1::2] < 0.3)]) == ("below", 0.3)
    assert limit_of_wrong_entries([(sizes, sizes > 8)]) is None  # too few
    assert limit_of_wrong_entries([(sizes, np.arange(40) % 2 == 0)]) is None


def test_what_follows_from_another_quantity_is_not_said():
    found = Findings()
    keys = [("delta", 2), ("delta", 1), ("w", 2), ("w", 1), ("b", 3), ("update", 3)]
    found.add_independences(
        {(key, name): name.symbol == "W" for key in keys for name in (ArrayName("W", 2), ArrayName("x"))}
    )
    assert found.sentences() == ["δ^2 and ∂C/∂b^3 do not depend on W^2."]
