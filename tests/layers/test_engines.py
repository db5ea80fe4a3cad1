"""Engines: every expression is right in itself, and files of engines are found, driven, judged and explained."""

import re
from pathlib import Path

import numpy as np
import pytest
from layers.planted import check_file, planted_files, unexplained

from harness.layers.cases import as_tuple, draw
from harness.layers.engines.differences import DIFFERENCES
from harness.layers.engines.expressions import known_expressions
from harness.layers.engines.written import in_objects
from harness.layers.standards import TracedCase
from harness.layers.verdicts.changes import changed, is_in
from harness.layers.verdicts.compare import is_near
from harness.layers.verdicts.explain import explain

FOLDER = Path(__file__).parents[1] / "support" / "submissions" / "layers" / "engines"
EXPRESSIONS = (*known_expressions(), *DIFFERENCES)
CASES = [pytest.param(one, name, id=f"{one.name}-{name}") for one in EXPRESSIONS for name in one.cases]
MISTAKES = [
    pytest.param(one, mistake, id=f"{one.name}-{mistake.name}") for one in EXPRESSIONS for mistake in one.mistakes
]
RIGHT = {"scalar_engine": (18, 2), "autodiff": (20, 0), "tensor_engine": (10, 1)}


def plain(expression, case, backward=None):
    """What the expression and its hand-written derivative are, by name."""
    results = as_tuple(expression.forward(**case.arguments))
    backward = backward or expression.backward
    slopes = as_tuple(backward(**case.arguments)) if backward else ()
    found = zip((*expression.results, *expression.gradients), (*results, *slopes), strict=True)
    return {name: np.asarray(value, dtype=np.float64) for name, value in found}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("expression", "name"), CASES)
def test_the_derivative_by_hand_is_within_the_bounds(expression, name, seed):
    case = draw(expression, name, seed)
    standards = TracedCase(case).standards()
    assert not any(one.undecidable.any() for one in standards.values())
    for key, value in plain(expression, case).items():
        assert is_near(value, standards[key]), key


@pytest.mark.parametrize(("expression", "mistake"), MISTAKES)
def test_a_mistake_is_found_and_named(expression, mistake):
    traced = {name: TracedCase(draw(expression, name, 1)) for name in expression.cases}
    if is_in(expression.forward, mistake):
        values = {n: {k: found.truth.high for k, found in one.mistaken(mistake).items()} for n, one in traced.items()}
    else:
        backward = changed(expression.backward, mistake)
        values = {name: plain(expression, one.case, backward) for name, one in traced.items()}
    names = (*expression.results, *expression.gradients)
    wrong = [
        key for key in names if not all(is_near(values[n][key], one.standards()[key]) for n, one in traced.items())
    ]
    assert wrong
    said = explain(expression, wrong, values, traced)
    assert {name for one in said for name in one.arrays} == set(wrong)
    assert mistake.name in [one.mistake.name for one in said if one.mistake]


def test_an_expression_is_written_with_objects_and_methods():
    found = {one.name: in_objects(one.forward) for one in known_expressions()}
    assert found["tanh"].steps == (("z_", "a_ * b_"),)
    assert found["tanh"].results == ("z_.tanh()",)
    assert found["constants on the left"].needs == ("__radd__", "__rmul__")
    assert found["sum along an axis"].results == ("(x_.sum(axis=0) * b_).sum()",)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_engine_agrees(server, name, seed):
    results = check_file(server, FOLDER / f"{name}.py", seed)
    of, missing = RIGHT[name]
    limits = [one.detail for one in results if one.verdict == "unsupported"]
    assert all("recursive" in one for one in limits), limits
    assert len(limits) == (name == "scalar_engine")
    verdicts = [one.verdict for one in results]
    assert len(verdicts) == of
    assert verdicts.count("not written") == missing
    assert verdicts.count("agrees") == of - missing - len(limits)


@pytest.mark.parametrize("path", planted_files(FOLDER), ids=lambda path: path.stem)
def test_a_planted_mistake_is_found_and_named(server, path):
    assert not unexplained(path, check_file(server, path, 1))


def test_what_an_engine_lacks_is_said(server):
    results = check_file(server, FOLDER / "scalar_engine.py", 1)
    details = {one.plan.layer.name: one.detail for one in results if one.verdict == "not written"}
    assert details == {"sigmoid": "Value has no sigmoid", "log of a small number": "Value has no log"}
    assert all(re.match(r"Value: ", one.plan.title) for one in results)
