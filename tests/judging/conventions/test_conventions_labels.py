"""Class labels in place of one-hot targets, for files that declare them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from support.checking import checked
from support.following import ONE, written
from support.networks import random_inputs
from support.running import shared

from harness.model.contract import Unsupported
from harness.sandbox.host.labels import with_labels

pytestmark = pytest.mark.usefixtures("known_truths")


@pytest.fixture(scope="module")
def server():
    return shared()


def test_class_labels_are_given_where_the_targets_are_classes(server, tmp_path):
    """The same gradients as for the one-hot rows; other cases are refused with the reason."""
    constants = {"TARGETS": "labels"}
    found = checked(server, written(tmp_path, constants, constants))
    assert set(found.by_verdict) == {"agrees", "unsupported"}
    assert found.by_verdict["agrees"] >= 20
    details = {one.trial.case.id: one.refusals["step"].detail for one in found.outcomes if one.refusals}
    expected = "it takes class labels, which these targets are not: "
    assert all(detail.startswith(expected) for detail in details.values())
    for kind in ("diabetes", "random-6-5-3-leaky_relu-identity"):
        assert any(case.startswith(kind) for case in details)
    for kind in ("xor", "iris-4-7-3-relu-softmax", "breast_cancer", "random-9-4-softmax"):
        assert not any(case.startswith(kind) for case in details)
    assert checked(server, written(tmp_path, constants, {}), pattern=ONE).verdict == "failed"
    assert checked(server, written(tmp_path, {}, constants), pattern=ONE).verdict == "failed"


def test_labels_are_integers_of_a_row_and_must_not_be_changed(server, tmp_path):
    constants = {"TARGETS": "labels"}
    text = "_gradients = gradients\ndef gradients(n, x, t):\n    assert t.dtype.kind == 'i' and t.shape == (len(x),)\n"
    right = checked(
        server, written(tmp_path, constants, constants, f"{text}    return _gradients(n, x, t)"), pattern=ONE
    )
    assert right.verdict == "agrees"
    changed = f"{text}    g = _gradients(n, x, t)\n    t[0] += 1\n    return g"
    found = checked(server, written(tmp_path, constants, constants, changed), pattern=ONE)
    assert {refusal.detail for refusal in found.outcomes[0].faults.values()} == {"it changed its input: t"}


def test_a_cause_is_found_with_labels(server, tmp_path):
    """Where the inputs are perturbed, the targets stay classes."""
    constants = {"TARGETS": "labels"}
    coarse = "book = backprop\ndef backprop(n, x, t):\n    g = book(n, x, t)\n"
    coarse += "    return [np.float32(w) for w in g.w], g.b\n"
    found = checked(server, written(tmp_path, constants, constants, coarse), pattern=ONE)
    assert found.verdict == "inaccurate"
    wrong = coarse.replace("np.float32(w)", "1.25 * w")
    found = checked(server, written(tmp_path, constants, constants, wrong), pattern=ONE)
    assert found.verdict == "wrong"
    assert "gave no answer" not in found.outcomes[0].reason


@pytest.mark.parametrize(
    ("t", "labels"),
    [
        ([[0.0, 1.0], [1.0, 0.0]], [1, 0]),
        ([[0.0, 1.0], [0.5, 0.5]], "0.5 at [1, 0]"),
        ([[0.0, 1.0], [0.0, 0.0]], "0 ones in row 1"),
        ([[1.0, 1.0], [0.0, 1.0]], "2 ones in row 0"),
        ([[0.0], [1.0]], [0, 1]),
        ([[0.0], [2.0]], "2 at [1, 0]"),
        ([[0.0], [float("nan")]], "nan at [1, 0]"),
    ],
)
def test_labels_are_those_of_the_rows(t, labels):
    given_inputs = random_inputs((3, len(t[0])), "sigmoid", "sigmoid", "half_squared_error", len(t), 1)
    given_inputs = replace(given_inputs, t=np.array(t))
    if isinstance(labels, list):
        assert with_labels(given_inputs).t.tolist() == labels
    else:
        with pytest.raises(Unsupported, match=re.escape(labels)):
            with_labels(given_inputs)


def test_the_label_of_a_single_softmax_output_is_its_index():
    given_inputs = random_inputs((3, 1), "sigmoid", "softmax", "cross_entropy", 4, 1)
    assert with_labels(given_inputs).t.tolist() == [0, 0, 0, 0]
