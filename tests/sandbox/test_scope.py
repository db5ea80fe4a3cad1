"""ACTIVATIONS, COST and DTYPE: what a file declares that it is for."""

from __future__ import annotations

import numpy as np
import pytest
from support.commands import harness
from support.running import shared

from harness.cases.case import make_case
from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.sources.scope import scope_of_file

RIGHT = """
import numpy as np
def backprop(network, x, t):
    layers, a, z = network.layers, [np.asarray(x, {dtype})], []
    for layer in layers:
        z.append(a[-1] @ np.asarray(layer.w, {dtype}).T + np.asarray(layer.b, {dtype}))
        a.append(layer.activation.f(z[-1]))
    t = np.asarray(t, {dtype})
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ np.asarray(layers[l + 1].w, {dtype})) * layers[l].activation.slope(z[l]))
    return [d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta]
"""
DOUBLE, SINGLE = RIGHT.format(dtype="np.float64"), RIGHT.format(dtype="np.float32")


def written(folder, text):
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


def checked(path, *, cases=None):
    return check_submission(shared(), path, cases or gradient_cases(), 1, is_fitted=cases is None)


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("ACTIVATIONS = 'sigmoid'", {"ACTIVATIONS": ("sigmoid",)}),
        ("ACTIVATIONS = ['relu', 'softmax']", {"ACTIVATIONS": ("relu", "softmax")}),
        ("ACTIVATIONS: tuple = ('relu', 'identity')", {"ACTIVATIONS": ("relu", "identity")}),
        ("COST = 'cross_entropy'; DTYPE = 'float32'", {"COST": ("cross_entropy",), "DTYPE": ("float32",)}),
        ("ACTIVATIONS = {'sigmoid': len}", {}),  # a table of functions
        ("DTYPE = np.float32", {}),
        ("def f():\n    COST = 'none of ours'", {}),
        ("COST: str", {}),
        ("COST = (", {}),
    ],
)
def test_literals_at_the_top_level_are_read_without_running_the_file(tmp_path, text, declared):
    assert dict(scope_of_file(written(tmp_path, f"raise SystemExit\n{text}\n")).declared) == declared


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ACTIVATIONS = 'sigmoyd'",
            "declares ACTIVATIONS = 'sigmoyd', expected one or several of 'sigmoid', 'tanh'",
        ),
        ("COST = ('cross_entropy', 3)", "declares COST = ('cross_entropy', 3), expected one or several of 'half_sq"),
        ("COST = []", "declares COST = [], expected one or several of"),
        ("DTYPE = 'float16'", "declares DTYPE = 'float16', expected one of 'float64', 'float32'"),
        ("DTYPE = ['float32']", "declares DTYPE = ['float32'], expected one of"),
    ],
)
def test_an_unknown_value_is_a_fault_in_one_line(tmp_path, text, message):
    found = checked(written(tmp_path, f"{DOUBLE}\n{text}\n"))
    assert found.by_verdict == {"failed": len(gradient_cases())}
    assert found.ran == 0
    [fault] = {(one.kind, one.detail) for outcome in found.outcomes for one in outcome.faults.values()}
    assert fault[0] == "declaration"
    assert fault[1].startswith(message)
    assert "\n" not in fault[1]


def test_only_cases_in_scope_are_drawn(tmp_path):
    declared = "ACTIVATIONS = 'sigmoid', 'tanh'\nCOST = 'binary_cross_entropy'"
    found = checked(written(tmp_path, f"{DOUBLE}\n{declared}\n"))
    cases = [one.trial.case for one in found.outcomes]
    assert found.verdict == "agrees"
    assert found.ran == len(cases) >= 20
    assert {name for case in cases for name in case.activations} == {"sigmoid", "tanh"}
    assert {case.cost for case in cases} == {"binary_cross_entropy"}
    assert {case.dtype for case in cases} == {"float32", "float64"}


def test_code_in_float32_throughout_is_right_by_that_standard(tmp_path):
    undeclared = checked(written(tmp_path, SINGLE))
    assert undeclared.verdict != "agrees"
    found = checked(written(tmp_path, f'{SINGLE}\nDTYPE = "float32"\n'))
    assert found.verdict == "agrees"
    assert found.ran == len(found.outcomes) >= 70
    assert {one.trial.inputs.x.dtype for one in found.outcomes} == {np.dtype("float32")}


def test_a_convention_is_declared_though_the_first_case_is_refused_before_the_import(tmp_path):
    declared = "ACTIVATIONS = 'sigmoid'\nSIGN = 'negative'\nimport time\ntime.sleep(0.5)"
    text = DOUBLE.replace("[d.T @ i", "[-d.T @ i").replace("[d.sum(0)", "[-d.sum(0)")
    cases = [make_case("random", (3, 4, 2), name, 5) for name in ("tanh", "sigmoid")]
    found = checked(written(tmp_path, f"{text}\n{declared}\n"), cases=cases)
    assert [one.verdict for one in found.outcomes] == ["unsupported", "agrees"]
    assert found.declared.differences_from(type(found.declared)()) == {"SIGN": "negative"}


def test_a_case_out_of_scope_is_unsupported_wherever_it_is_asked_for(tmp_path):
    path = written(tmp_path, f'{SINGLE}\nDTYPE = "float32"\n')
    cases = [make_case("random", (3, 4, 2), "sigmoid", 5, dtype=dtype) for dtype in ("float64", "float32")]
    found = checked(path, cases=cases)
    assert [one.verdict for one in found.outcomes] == ["unsupported", "agrees"]
    reasons = {one.detail for one in found.outcomes[0].refusals.values()}
    assert reasons == {"declares DTYPE = 'float32'"}
    names = "iris-4-3-sigmoid-batch8,iris-4-3-sigmoid-batch8-float32"
    done = harness("compare", "--only", path, "--case", names, "--json", tmp_path / "rows.json")
    assert done.returncode == 0
    assert "declares DTYPE = 'float32'" in (tmp_path / "rows.json").read_text(encoding="utf-8")
