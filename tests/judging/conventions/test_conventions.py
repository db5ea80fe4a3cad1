"""Conventions that a file declares, or follows without a declaration."""

from __future__ import annotations

import ast
import re

import pytest
from support.checking import ONLY_SIGMOID, RIGHT, SUBMISSIONS, checked, names
from support.running import RIGHT as RIGHT_OF_ALL

from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.jobs.check.text import report_text
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.conventions.variants import scale_variants
from harness.judging.judge import UNDECLARED_CONVENTION

pytestmark = pytest.mark.usefixtures("known_truths")
DECLARATION = re.compile(r"^(REDUCTION|HALF|SIGN|LAYOUT|BIAS) = (.*)$", re.MULTILINE)


@pytest.mark.parametrize("path", [p for p in RIGHT if DECLARATION.search(p.read_text())], ids=lambda path: path.stem)
def test_an_undeclared_convention_is_recognised_and_reported(server, path, tmp_path):
    source = path.read_text(encoding="utf-8")
    declared = {name: ast.literal_eval(value.split("#")[0]) for name, value in DECLARATION.findall(source)}
    bare = tmp_path / path.name
    bare.write_text(DECLARATION.sub("", source), encoding="utf-8")
    found = checked(server, bare)
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == declared
    for name, value in declared.items():
        assert f"{name} = {value!r}" in report_text(found, "")


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("REDUCTION = 'average'", "declares REDUCTION = 'average', expected one of 'sum', 'mean', "),
        ("HALF = 'no'", "declares HALF = 'no', expected one of True, False"),
        ("SIGN = -1", "declares SIGN = -1, expected one of 'positive', 'negative'"),
        ("SIGN = object", "declares SIGN = \"<class 'object'>\", expected one of 'positive', 'negative'"),
        ("REDUCTION = {'mse': 'mean'}", "declares REDUCTION = {'mse': 'mean'}, expected one of 'sum', 'mean', "),
        ("REDUCTION = {'cross_entropy': 'all'}", "declares REDUCTION = {'cross_entropy': 'all'}, expected one of "),
        ("REDUCTION = {'cross_entropy': 1}", "declares REDUCTION = \"{'cross_entropy': 1}\", expected one of "),
        ("L2 = -1", "declares L2 = -1, expected the factor of the penalty, a number from 0"),
        ("L2 = True", "declares L2 = True, expected the factor of the penalty, a number from 0"),
        ("L2 = 1e999", "declares L2 = inf, expected the factor of the penalty, a number from 0"),
        ("L2 = None", "declares L2 = None, expected the factor of the penalty, a number from 0"),
        ("L2_HALF = False", "declares L2_HALF = False; it needs a penalty, expected L2 = a number above 0"),
        ("L2, L2_BIASES = 1, 1", "declares L2_BIASES = 1, expected one of False, True"),
        ("TARGETS = [0, 1]", "declares TARGETS = '[0, 1]', expected one of 'values', 'labels'"),
        ("LEARNING_RATE = 0", "declares LEARNING_RATE = 0, expected a positive number, or None"),
        ("LEARNING_RATE = True", "declares LEARNING_RATE = True, expected a positive number, or None"),
        ("LEARNING_RATE = float('inf')", "declares LEARNING_RATE = inf, expected a positive number, or None"),
        ("LEARNING_RATE = float('nan')", "declares LEARNING_RATE = nan, expected a positive number, or None"),
        ("LEARNING_RATE = 10**400", "declares LEARNING_RATE = '1000000"),
        ("LEARNING_RATE = 'slow'", "declares LEARNING_RATE = 'slow', expected a positive number, or None"),
        ("BIAS = None", "declares BIAS = None, expected one of 'apart', "),
        ("BIAS = 'first row'", "declares BIAS = 'first row'; it needs LAYOUT = 'in, out'"),
    ],
)
def test_an_invalid_declaration_fails_with_its_reason(server, tmp_path, line, detail):
    path = tmp_path / "declares.py"
    path.write_text(f"{line}\ndef backprop(network, x, t): pass\n", encoding="utf-8")
    found = checked(server, path, pattern="xor")
    assert found.verdict == "failed"
    refusals = {refusal.detail for outcome in found.outcomes for refusal in outcome.faults.values()}
    assert len(refusals) == 1
    assert refusals.pop().startswith(detail)


def test_a_mistake_together_with_an_undeclared_convention_is_named(server, tmp_path):
    source = (SUBMISSIONS / "right" / "mean_of_the_batch_flat_vector.py").read_text(encoding="utf-8")
    path = tmp_path / "both.py"
    body = "_right = backprop\ndef backprop(n, x, t):\n    g = _right(n, x, t)\n"
    path.write_text(
        source.replace('REDUCTION = "mean"', "").replace("def step(", "def _unused(")
        + f"\n{body}    return Gradients(g.w, [-b for b in g.b])\n",
        encoding="utf-8",
    )
    found = checked(server, path)
    assert names(found) == ["bias_sign_flipped"]
    assert found.found.differences_from(found.declared) == {"REDUCTION": "mean"}
    assert found.diagnoses[0].convention_changes == {}
    assert "REDUCTION = 'mean'" in report_text(found, "")


@pytest.mark.parametrize("place", ["last row", "last column"])
def test_the_bias_at_the_end_of_w_is_recognised(server, tmp_path, place):
    """First and last have the same shape: the numbers tell them apart."""
    beside = "np.vstack([w.T, b])" if place == "last row" else "np.column_stack([w, b])"
    path = tmp_path / "last.py"
    path.write_text(
        f"{ONLY_SIGMOID}\ndef backprop(network, x, t):\n    g = right(network, x, t)\n"
        f"    return Gradients([{beside} for w, b in zip(g.w, g.b)], [])\n",
        encoding="utf-8",
    )
    found = checked(server, path)
    assert found.verdict == "agrees up to a convention"
    expected = {"BIAS": place} | ({"LAYOUT": "in, out"} if place == "last row" else {})
    assert found.found.differences_from(found.declared) == expected


ALL = [one for one in scale_variants(DEFAULT_CONVENTION) if one != DEFAULT_CONVENTION]
SCALED = """
def scale(n, x, t):
    cost = 2 if {whole} and n.cost.name == "half_squared_error" else 1
    return {sign} * cost / {{"sum": 1, "mean": len(x), "mean over outputs": t.shape[1]}}.get({reduction!r}, t.size)
def backprop(n, x, t):
    g, by = right(n, x, t), scale(n, x, t)
    return Gradients([by * w for w in g.w], [by * b for b in g.b], [by * d for d in g.delta])
def step(n, x, t, eta):
    g, by = right(n, x, t), abs(scale(n, x, t))
    pairs = list(zip(n.layers, g.w, g.b))
    return n.with_parameters([l.w - eta * by * w for l, w, _ in pairs], [l.b - eta * by * b for l, _, b in pairs])
"""
OFFERED = {"both": "", "backprop alone": "del step", "step alone": "del backprop"}


@pytest.mark.parametrize("offered", OFFERED)
@pytest.mark.parametrize(
    "one", ALL, ids=lambda one: " ".join(map(str, one.differences_from(DEFAULT_CONVENTION).values()))
)
def test_every_scale_of_the_cost_is_recognised_whatever_a_file_offers(server, tmp_path, one, offered):
    """Also where some cases cannot tell it from ours, and where the sign shows in some functions alone."""
    path = tmp_path / "scaled.py"
    sign = -1 if one.sign == "negative" else 1
    text = SCALED.format(whole=not one.half, sign=sign, reduction=one.reduction)
    path.write_text(f"{RIGHT_OF_ALL}{text}{OFFERED[offered]}\n", encoding="utf-8")
    squared = [case for case in gradient_cases() if case.cost == "half_squared_error"]
    cases = [case for case in squared if case.id.startswith(("ten_rows", "iris-4-5-3"))]
    seen = offered != "step alone" or one.reduction != "sum" or not one.half
    assert check_submission(server, path, cases, 1).verdict == (UNDECLARED_CONVENTION if seen else "agrees")
