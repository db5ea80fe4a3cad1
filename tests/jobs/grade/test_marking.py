"""The mark by quantity and layer, each given what the submission computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_class.styles import NOT_SHOWN, written
from support.running import shared

from harness.cases.case import make_case
from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.jobs.grade.assignment.assignment import Asked, Assignment
from harness.jobs.grade.marking.given import right_given
from harness.jobs.grade.marking.layers import layer_parts
from harness.jobs.grade.marking.networks import network_parts
from harness.judging.conventions import Convention
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.layers.check import check_layers
from harness.layers.finding.find import plans_of
from harness.layers.finding.scan import scan
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer
from harness.sandbox.requests import Limits

CASE = make_case("random", (4, 5, 3, 2), "tanh sigmoid", 6)
SIGMOIDS = [one for one in gradient_cases() if one.activations == ("sigmoid",) and one.cost == "half_squared_error"][
    :14
]
WHERE = {"output": "output layer", "hidden": "hidden layers"}


def asked(*parts):
    """Parts of 10 points each, from texts such as "delta output"."""
    return tuple(Asked(part, *(part.split() if " " in part else (part, "")), 10) for part in parts)


EVERYTHING = asked("forward", "delta output", "delta hidden", "w output", "w hidden", "b output", "b hidden", "update")


def lost(tmp_path, text, parts=EVERYTHING):
    """The parts that a file loses."""
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    check = check_submission(shared(), path, SIGMOIDS, 7)
    found, _ = network_parts(Assignment(Path("a.toml"), "Exercise", 7, parts), check)
    assert [one.of for one in found] == [10] * len(parts)
    assert all(one.why for one in found if one.points < 10)
    return {one.name: one.points for one in found if one.points < 10}


class _Crooked(Textbook):
    """The textbook with an array added to one quantity of one layer."""

    spoilt = ("", 0)

    def _maybe(self, name, l, value):
        return value + 0.125 * np.cos(np.arange(value.size)).reshape(value.shape) if self.spoilt == (name, l) else value

    def output_delta(self):
        return self._maybe("delta", self.last, super().output_delta())

    def hidden_delta(self, l):
        return self._maybe("delta", l, super().hidden_delta(l))

    def weight_gradient(self, l):
        return self._maybe("w", l, super().weight_gradient(l))

    def bias_gradient(self, l):
        return self._maybe("b", l, super().bias_gradient(l))


QUANTITIES = [(name, l) for name in ("delta", "w", "b") for l in (1, 2, 3)]


@pytest.mark.parametrize("spoilt", QUANTITIES, ids=[f"{name}{l}" for name, l in QUANTITIES])
@pytest.mark.parametrize("seed", range(5))
def test_of_a_spoilt_computation_only_the_spoilt_equation_is_wrong(spoilt, seed):
    """A law: whatever number is spoilt, all that follow are right given it, and it is not."""
    inputs = CASE.build(seed)
    book = type("Spoilt", (_Crooked,), {"spoilt": spoilt})(inputs, CASE.learning_rate)
    gradients, new = book.gradients(), book.step()
    arrays = {(name, l + 1): getattr(gradients, name)[l] for name in ("w", "b", "delta") for l in range(3)}
    moved = {(name, l + 1): getattr(layer, name) for name in ("w", "b") for l, layer in enumerate(new.layers)}
    trial = Trial(CaseTruth.of(CASE, inputs), {"backprop": Answer(arrays), "step": Answer(moved)})
    outcome = judge_case(trial, Convention())
    found = right_given(outcome, Convention(), "float64")
    assert set(outcome.judgements) - found == {spoilt}
    assert spoilt in outcome.out_of_bounds


def test_right_code_loses_nothing(tmp_path):
    assert lost(tmp_path, written("matrix", "right")) == {}
    assert lost(tmp_path, written("loops", "right")) == {}


PLANTED = [
    ("matrix", {"z": "without the bias"}, {"forward"}),
    ("matrix", {"out": "without its slope"}, {"delta output"}),
    ("matrix", {"hidden": "slope of tanh"}, {"delta hidden"}),
    ("matrix", {"hidden": "without its slope", "b": "the first row"}, {"delta hidden", "b output", "b hidden"}),
    ("matrix", {"rule": "ascends"}, {"update"}),
    ("loops", {"z": "without the bias"}, {"forward"}),
    ("loops", {"out": "without its slope", "rule": "half a step"}, {"delta output", "update"}),
    ("loops", {"hidden": "half a slope"}, {"delta hidden"}),
]


@pytest.mark.parametrize(("style", "wrong", "parts"), PLANTED, ids=[f"{one}{[*two]}" for one, two, _ in PLANTED])
def test_a_mistake_costs_its_own_part_and_nothing_that_follows(tmp_path, style, wrong, parts):
    assert lost(tmp_path, written(style, "planted", **wrong)) == dict.fromkeys(parts, 0.0)


ODD = {"hidden": "np.sign(e) * np.abs(e) ** 0.7 * np.cos(y)"}


def test_a_mistake_without_a_formula_costs_its_own_part_where_delta_is_shown(tmp_path):
    assert lost(tmp_path, written("matrix", "odd", **ODD)) == {"delta hidden": 0.0}


def test_where_delta_is_not_shown_nothing_that_may_follow_from_it_is_credited(tmp_path):
    found = lost(tmp_path, written("matrix", "odd", NOT_SHOWN, **ODD))
    assert {*found} == {"delta hidden", "w hidden", "b hidden"}
    assert found["w hidden"] == 0.0


MEAN = {"out": "(a[-1] - t) * a[-1] * (1 - a[-1]) / len(x)"}


def test_a_convention_beside_a_mistake_costs_no_part(tmp_path):
    assert lost(tmp_path, written("matrix", "mean", z="without the bias", **MEAN)) == {"forward": 0.0}
    assert lost(tmp_path, written("matrix", "mean", hidden="half a slope", **MEAN)) == {"delta hidden": 0.0}


def test_a_mistake_in_layers_that_give_no_points_costs_what_follows_first(tmp_path):
    text = written("matrix", "planted", hidden="without its slope")
    assert lost(tmp_path, text, asked("delta output", "w", "b")) == {"w": 0.0}


def test_a_mistake_in_the_first_layer_is_one_of_the_output_where_it_is_the_only_layer(tmp_path):
    text = written("matrix", "planted", w="delta[l].T @ a[l] * (0.5 if l == 0 else 1)")
    assert {*lost(tmp_path, text)} == {"w output", "w hidden"}


def test_single_precision_beside_a_mistake_costs_no_more(tmp_path):
    text = (
        written("matrix", "narrow", **ODD).replace("np.exp(-z)", "np.exp(-z)").replace("a = [x]", "a = [x.astype(f)]")
    )
    text = text.replace("import numpy as np", "import numpy as np\nf = np.float32")
    text = text.replace("layer.w.T + layer.b", "layer.w.T.astype(f) + layer.b.astype(f)")
    text = text.replace("network.layers[l + 1].w", "network.layers[l + 1].w.astype(f)").replace(
        "- t)", "- t.astype(f))"
    )
    assert {*lost(tmp_path, text)} == {"delta hidden"}


def test_a_penalty_and_a_fixed_rate_do_not_keep_from_judging_what_follows(tmp_path):
    decayed = {"w": "delta[l].T @ a[l] + 0.5 * network.layers[l].w", **ODD}
    assert {*lost(tmp_path, f"L2 = 0.5\n{written('matrix', 'decayed', **decayed)}")} == {"delta hidden"}
    fixed = {"rule": "old - 0.25 * g[key][l]", **ODD}
    assert {*lost(tmp_path, f"LEARNING_RATE = 0.25\n{written('matrix', 'fixed', **fixed)}")} == {"delta hidden"}


def test_invented_deltas_cost_what_follows_first_where_they_give_no_points(tmp_path):
    invented = {"out": "np.cos(37 * a[-1])", "hidden": "np.sin(91 * y)"}
    assert {*lost(tmp_path, written("matrix", "invented", **invented), asked("w", "b", "update"))} == {"w"}


def test_a_part_without_points_costs_what_follows_first(tmp_path):
    text = written("matrix", "planted", z="without the bias")
    assert lost(tmp_path, text, asked("delta", "w")) == {"delta": 0.0}
    assert lost(tmp_path, text, asked("w", "update")) == {"w": 0.0}


def test_a_function_that_is_not_there_gives_no_points(tmp_path):
    text = written("matrix", "right").partition("def step")[0]
    assert lost(tmp_path, text) == {"update": 0.0}


def test_cases_that_fail_cost_their_share(tmp_path):
    text = written("matrix", "right").replace(
        "    a = [x]", "    if len(x) == 1:\n        raise ValueError(1)\n    a = [x]"
    )
    found = lost(tmp_path, text, asked("w"))
    ones = sum(case.batch == 1 for case in SIGMOIDS)
    assert 0 < ones < len(SIGMOIDS)
    assert found == {"w": pytest.approx(10 * (len(SIGMOIDS) - ones) / len(SIGMOIDS))}


LAYERS = """import numpy as np

def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
CHANGES = [
    ("dout.sum(axis=0)", "dout.mean(axis=0)", {"affine": 10 * 3 / 4, "affine db": 0.0}),
    ("@ w + b, (x", "@ w - b, (x", {"affine": 10 * 3 / 4, "affine out": 0.0}),  # its db is that of + b
    ("return dout * (cache > 0)", "pass", {"relu": 5.0}),
    ("relu_", "rectify_", {"relu": 0.0}),
]


@pytest.mark.parametrize(("right", "wrong", "expected"), CHANGES, ids=[wrong for _, wrong, _ in CHANGES])
def test_the_points_of_layers(tmp_path, right, wrong, expected):
    path = tmp_path / "layers.py"
    path.write_text(LAYERS.replace(right, wrong), encoding="utf-8")
    results = check_layers(shared(), path, plans_of(scan(path)), 7, Limits())
    found = layer_parts(asked("affine", "affine out", "affine db", "relu"), results)
    assert {one.name: one.points for one in found if one.points < 10} == pytest.approx(expected)
