"""Checks that are made to fit: what a file supports is found, said, and met in enough cases."""

from __future__ import annotations

import json

import jsonschema
import pytest
from support.commands import ROOT, harness
from support.running import shared

from harness.cases.standard import gradient_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import check_submission
from harness.jobs.check.text import report_text
from harness.sandbox.sources.find import Implementation

SCHEMA = json.loads((ROOT / "harness" / "jobs" / "check" / "schema.json").read_text(encoding="utf-8"))
OF_ALL = len(gradient_cases())
FILE = """
import numpy as np
from harness import Gradients, Unsupported
{declared}
def backprop(network, x, t):
    layers, a, z = network.layers, [x], []
    names, cost, dtype = [layer.activation.name for layer in layers], network.cost.name, str(x.dtype)
    if not ({supported}):
        raise Unsupported("not what it is for")
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([{by} * d.T @ i for d, i in zip(delta, a)], [{by} * d.sum(0) for d in delta])
"""
NARROW = {
    "set(names) == {'sigmoid'} and cost == 'binary_cross_entropy'": (
        "sigmoid hidden layers, sigmoid outputs with the binary cross-entropy"
    ),
    "len(x) == 1 and cost == 'half_squared_error'": "the squared error, one row at a time",
    "len(layers) == 1 and names == ['identity']": "one linear layer",
    "len(layers) == 1 and cost == 'binary_cross_entropy'": "one sigmoid layer with the binary cross-entropy",
    # Of a kind that is in no standard case.
    "names == ['softplus', 'tanh']": (
        "softplus hidden layers, tanh outputs with the squared error, exactly one hidden layer"
    ),
    "len(layers) == 8": "8 layers",
    "t.shape[1] == 1 and names[-1] == 'identity' and dtype == 'float64'": (
        "linear outputs with the squared error, a single output, float64"
    ),
}
pytestmark = pytest.mark.usefixtures("known_truths")


@pytest.fixture(scope="module")
def server():
    return shared()


def fitted(server, folder, supported="True", declared="", by="1"):
    path = folder / "mine.py"
    path.write_text(FILE.format(supported=supported, declared=declared, by=by), encoding="utf-8")
    return check_submission(server, path, gradient_cases(), 1, is_fitted=True)


@pytest.mark.parametrize("supported", NARROW)
def test_what_a_file_supports_is_found_and_met_in_twenty_cases(server, tmp_path, supported):
    found = fitted(server, tmp_path, supported)
    assert found.verdict == "agrees"
    assert found.ran >= 20
    first = f"mine.py: AGREES on what it supports: {NARROW[supported]}, {found.ran} of {found.ran} cases"
    assert report_text(found, "").splitlines()[0] == first
    ran = [one.trial.case for one in found.outcomes if one.verdict == "agrees"]
    assert len({case.widths for case in ran}) >= 8
    assert len({case.flag for case in ran}) >= 3
    assert any(case.is_real for case in ran)


@pytest.mark.parametrize("supported", NARROW)
def test_a_narrow_file_that_is_wrong_is_wrong_in_the_cases_that_were_added(server, tmp_path, supported):
    found = fitted(server, tmp_path, supported, by="1.001")
    assert found.verdict == "wrong"
    added = [one for one in found.outcomes if one.trial.case not in gradient_cases()]
    # In others the gradient is 0, or lies within rounding of a kink.
    assert sum(one.verdict == "wrong" for one in added) > 0.8 * len(added) > 0


def test_one_convention_is_found_over_the_standard_and_the_added_cases(server, tmp_path):
    found = fitted(server, tmp_path, next(iter(NARROW)), by="(1 / len(x))")
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == {"REDUCTION": "mean"}
    assert found.ran >= 20


def test_a_file_that_supports_everything_agrees_and_no_more_is_said(server, tmp_path):
    found = fitted(server, tmp_path)
    text = report_text(found, "")
    assert text.startswith(f"mine.py: AGREES\n{OF_ALL} of {OF_ALL} cases ran")
    assert "It supports" not in text


def test_what_was_not_tried_is_said(server, tmp_path):
    found = fitted(server, tmp_path, "names[-1] != 'softmax' and len(x) > 1")
    text = " ".join(report_text(found, "").split())
    outputs = "the squared error, sigmoid outputs with the binary cross-entropy, batches."
    assert f"It supports: all hidden layers, {outputs}" in text
    assert "Not tried, because it refuses them: softmax outputs with cross-entropy, one row at a time." in text
    assert found.refused == {"not what it is for": OF_ALL - found.ran}


def test_the_json_has_what_is_supported_and_refused(tmp_path):
    path, written = tmp_path / "mine.py", tmp_path / "mine.json"
    path.write_text(FILE.format(supported=next(iter(NARROW)), declared="", by="1"), encoding="utf-8")
    assert harness("check", path, "--json", written, "--seed", "1").returncode == 0
    data = json.loads(written.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    assert data["supports"]["supported"]["hidden"] == ["sigmoid"]
    assert data["supports"]["supported"]["output"] == [{"activation": "sigmoid", "cost": "binary_cross_entropy"}]
    assert data["supports"]["refused"]["hidden"] == ["identity", "leaky_relu", "relu", "softplus", "tanh"]
    assert not any(data["supports"]["untried"].values())
    assert data["refused"] == [{"reason": "not what it is for", "cases": data["cases"]["of"] - data["cases"]["run"]}]
    added = data["results"][-1]["case"]
    again = harness("check", path, "--case", added, "--seed", "1", "--json", written)
    assert "1 of 1 cases ran (1 agree)" in again.stdout
    assert json.loads(written.read_text(encoding="utf-8"))["supports"] is None


def test_a_file_that_refuses_everything_is_no_success_and_gives_its_reason(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE.format(supported="False", declared="", by="1"), encoding="utf-8")
    done = harness("check", path)
    assert done.returncode == 1
    first = f"mine.py: UNSUPPORTED: it refuses all {OF_ALL} cases: not what it is for"
    assert done.stdout.splitlines()[0] == first


def test_the_reason_is_the_own_one_of_a_file_that_has_only_step(server, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def step(n, x, t, eta): raise NotImplementedError('one hidden layer')\n", encoding="utf-8")
    found = check_submission(server, path, gradient_cases(), 1, is_fitted=True)
    assert found.refused == {"one hidden layer": OF_ALL}
    assert "offers no backprop" not in report_text(found, "")


def test_what_fails_is_not_made_to_fit(server, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def backprop(n, x, t): return [][1]\n", encoding="utf-8")
    found = check_submission(server, path, gradient_cases(), 1, is_fitted=True)
    assert found.by_verdict == {"failed": OF_ALL}


def test_fewer_than_twenty_cases_are_said_in_the_first_line(server, tmp_path):
    found = fitted(server, tmp_path, "x.shape == (8, 4) and [len(layer.b) for layer in layers] == [5, 3]")
    assert found.verdict == "agrees"
    assert 0 < found.ran < 20
    first = report_text(found, "").splitlines()[0]
    assert first.startswith(f"mine.py: AGREES, but only {found.ran} cases ran, fewer than 20: sigmoid hidden layers, ")


MOVES = """
def step(n, x, t, eta):
    {refuses}
    g = {gradients}(n, x, t)
    pairs = list(zip(n.layers, g.w, g.b))
    return n.with_parameters([l.w - eta * w for l, w, _ in pairs], [l.b - eta * b for l, _, b in pairs])
"""
REFUSING = {
    "; step refused every case: only backprop was checked": (
        MOVES.format(refuses="raise NotImplementedError('no step')", gradients="backprop"),
        {"backprop": OF_ALL, "step": 0},
    ),
    "; backprop refused every case: only step was checked": (
        "right = backprop\ndef backprop(n, x, t): raise NotImplementedError('no backprop')\n"
        + MOVES.format(refuses="", gradients="right"),
        {"backprop": 0, "step": OF_ALL},
    ),
    f"; step ran in {sum(case.batch == 1 for case in gradient_cases())} of these cases": (
        MOVES.format(refuses="if len(x) > 1: raise NotImplementedError('online')", gradients="backprop"),
        {"backprop": OF_ALL, "step": sum(case.batch == 1 for case in gradient_cases())},
    ),
}


@pytest.mark.parametrize("said", REFUSING)
def test_a_function_that_refuses_is_said_in_the_first_line(server, tmp_path, said):
    text, functions = REFUSING[said]
    path = tmp_path / "mine.py"
    path.write_text(FILE.format(supported="True", declared="", by="1") + text, encoding="utf-8")
    found = check_submission(server, path, gradient_cases(), 1, is_fitted=True)
    assert report_text(found, "").splitlines()[0] == f"mine.py: AGREES{said}"
    assert as_data(found, "")["functions"] == functions


ADVICE = "If your code is only for sigmoid"
SIGMOIDS = """
def backprop(network, x, t):
    a = [x]
    for layer in network.layers:
        a.append(1 / (1 + np.exp(-(a[-1] @ layer.w.T + layer.b))))
    delta = [(a[-1] - t) * ({slope})]
    for l in range(len(network.layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ network.layers[l + 1].w) * a[l + 1] * (1 - a[l + 1]))
    return [d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta]
"""
WRONG_BUT_FOR_SIGMOID = """
right = backprop
def backprop(n, x, t):
    g = right(n, x, t)
    by = 1 if {layer.activation.name for layer in n.layers} == {"sigmoid"} else 1.1
    return Gradients([by * w for w in g.w], g.b)
"""


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        (SIGMOIDS.replace("{slope}", "a[-1] * (1 - a[-1])"), True),
        (SIGMOIDS.replace("{slope}", "a[-1] * (1 - a[-1]) if 'half' in network.cost.name else 1"), True),
        (WRONG_BUT_FOR_SIGMOID, False),
    ],
    ids=["squared error", "each cost", "other activations are known"],
)
def test_the_advice_to_refuse_is_for_code_of_sigmoids(server, tmp_path, text, is_shown):
    path = tmp_path / "mine.py"
    path.write_text(FILE.format(supported="True", declared="", by="1") + text, encoding="utf-8")
    found = check_submission(server, path, gradient_cases(), 1, is_fitted=True)
    assert found.verdict == "wrong"
    assert (ADVICE in " ".join(report_text(found, "").split())) == is_shown


RELU_WITHOUT_GATE = """
import numpy as np

ACTIVATIONS = "relu"
COST = "half_squared_error"


def backprop(network, x, t):
    z, a = [], [x]
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(np.maximum(z[-1], 0))
    deltas = [(a[-1] - t) * (z[-1] > 0)]
    for layer in network.layers[:0:-1]:
        deltas.insert(0, deltas[0] @ layer.w)  # the gate of the hidden units is missing
    return [d.T @ before for d, before in zip(deltas, a, strict=False)], [d.sum(axis=0) for d in deltas], deltas
"""


def test_a_file_for_one_activation_is_tried_with_hidden_layers(tmp_path):
    """Among the standard cases, only networks without hidden layers have relu outputs."""
    path = tmp_path / "relu_outputs.py"
    path.write_text(RELU_WITHOUT_GATE, encoding="utf-8")
    found = check_submission(shared(), Implementation("relu_outputs", path), gradient_cases(), 1, is_fitted=True)
    assert found.verdict == "wrong"
    assert max(len(one.trial.case.widths) for one in found.outcomes if one.was_run) > 2
