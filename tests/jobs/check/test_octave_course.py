"""The Octave course's nnCostFunction.m, as it stands: right files are right, and wrong ones are explained."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from support.checking import SUBMISSIONS, names

import harness.sandbox.sources
from harness.cases.case import make_case
from harness.cases.fitted import Kind, fitted_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import check_submission
from harness.mistakes import CATALOGUE
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import implementation_of
from harness.sandbox.sources.toolchains import language_named

FOLDER = SUBMISSIONS / "languages"
FILES = sorted(FOLDER.glob("*/nnCostFunction.m"))
RIGHT = [path.parent.name for path in FILES if path.parent.name.startswith("right")]
WRONG = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
DRIVER = Path(harness.sandbox.sources.__file__).parent / "octave" / "cost_function.m"
LAMBDAS = {"without_penalty": 0, "with_penalty": 3}
KIND = Kind("sigmoid", "sigmoid", "binary_cross_entropy", 2, has_one_row=False, has_one_output=False)
DOUBLE = [case for case in fitted_cases(KIND) if case.dtype == "float64"]
CASES = [case for case in DOUBLE if case.is_real or case.flag == "classes"][:12]
SMALL = make_case("random", (3, 4, 2), "sigmoid", 3, bce=True, flag="classes")
SIGNATURE = "[J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)"
MISSING = language_named("Octave").missing
pytestmark = [
    pytest.mark.usefixtures("known_truths"),
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING}; {len(FILES)} files are not checked"),
]


def driven(path, size):
    """The command that drives a file with this lambda."""
    return ["octave-cli", "--quiet", "--no-init-file", "--no-history", str(DRIVER), str(path), str(size)]


def check(server, path, size, cases=CASES):
    return check_submission(server, implementation_of(driven(path, size)), cases, 1, Limits(30.0, 300.0))


def notes(path):
    """What the driver says of a file in its hello."""
    done = subprocess.run(driven(path, 0), input='{"hello": 1}\n', capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["notes"]


def changed(folder, old, new):
    """A right file with one text replaced, in a folder with the neighbours of that file."""
    for path in (FOLDER / "right_with_neighbours").iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == "nnCostFunction.m":
            assert text.count(old) == 1
            text = text.replace(old, new)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder / "nnCostFunction.m"


def test_there_are_right_and_wrong_files():
    assert len(RIGHT) >= 3
    assert len(WRONG) >= 5
    assert {path.parent.name for path in FILES} == {*RIGHT, *WRONG}
    assert len(CASES) == 12


@pytest.mark.parametrize("penalty", LAMBDAS)
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_file_is_right_with_and_without_a_penalty(server, name, penalty):
    found = check(server, FOLDER / name / "nnCostFunction.m", LAMBDAS[penalty])
    print(f"{name}, lambda = {LAMBDAS[penalty]}: {found.ran} of {len(CASES)} cases ran")
    assert found.verdict == "agrees"
    assert found.ran == len(CASES)
    assert (found.declared.reduction, found.declared.l2, found.declared.l2_biases) == ("mean", LAMBDAS[penalty], False)
    assert found.found == found.declared


@pytest.mark.parametrize("penalty", LAMBDAS)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_explained(server, name, penalty):
    found, expected = check(server, FOLDER / name / "nnCostFunction.m", LAMBDAS[penalty]), WRONG[name][penalty]
    formulas = [one["yours"] for each in as_data(found, "")["diagnosis"] for one in each["formulas"]]
    print(f"{name}, lambda = {LAMBDAS[penalty]}: {found.verdict}, {names(found)}, {formulas}")
    if not expected:
        assert found.verdict == "agrees"
    elif expected in CATALOGUE:
        assert found.verdict in {"wrong", "agrees up to a convention"}
        assert names(found) == [expected]
    else:
        assert found.verdict == "wrong"
        assert any(expected in formula for formula in formulas)


def test_what_the_file_prints_is_kept_apart(server):
    path = FOLDER / "right_loop" / "nnCostFunction.m"  # a line of it lacks its semicolon
    found = check(server, path, 0, [SMALL])
    assert found.verdict == "agrees"
    assert "J = " in found.output


def test_helpers_beside_the_file_are_used_and_missing_ones_are_supplied(server, tmp_path):
    path = changed(tmp_path, "fprintf('cost: %f\\n', J);", "")
    assert notes(path) == ["grad is judged, J is not."]
    (tmp_path / "sigmoidGradient.m").write_text("function g = sigmoidGradient(z)\ng = 0 * z;\nend\n", encoding="utf-8")
    assert check(server, path, 0, [SMALL]).verdict == "wrong"
    (tmp_path / "sigmoidGradient.m").unlink()
    supplied = "sigmoidGradient.m is not beside nnCostFunction.m, so a correct one is supplied."
    assert notes(path) == ["grad is judged, J is not.", supplied]
    assert check(server, path, 0, [SMALL]).verdict == "agrees"
    assert notes(FOLDER / "right_vectorised" / "nnCostFunction.m") == ["grad is judged, J is not."]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("d3 = a3 -", "d3 = a4 -", "'a4' undefined (nnCostFunction.m, line 23)"),
        (
            "Theta2(:, 2:end) .* sig",
            "Theta2 .* sig",
            "nonconformant arguments (op1 is 3x5, op2 is 3x4) (nnCostFunction.m",
        ),
        ("d3 = a3 -", "d3 = (a3 -", "parse error near line 23 of file nnCostFunction.m"),
        ("d3 = a3 -", "error('not \"yet\" done'); a3 -", 'not "yet" done (nnCostFunction.m, line 23)'),
        ("grad = [", "g = [", "'grad' undefined"),
        (
            "[J, grad] =",
            "J =",
            f"grad is not returned: expected {SIGNATURE}, found 1 output",
        ),
        ("X, y, lambda)", "X, y)", f"expected {SIGNATURE}, found 6 inputs"),
        ("Theta2(:)];", "Theta2(:)]';", "grad is 1 x 26, expected 26 x 1, the elements of Theta1_grad (4 x 4)"),
        ("grad = [", "grad = [d3(:); ", "grad is 32 x 1, expected 26 x 1, the elements of Theta1_grad (4 x 4)"),
        ("Delta2 = d3' * a2;", "Delta2 = d3' * a2; Delta2(1, 2) = NaN;", "Theta2_grad(1, 2) is NaN"),
        ("Theta2(:)];", "Theta2(:)] * i;", "grad holds complex numbers, expected real ones"),
    ],
)
def test_an_error_is_told_in_the_words_of_octave_and_of_the_course(server, tmp_path, old, new, message):
    found = check(server, changed(tmp_path, old, new), 0, [SMALL])
    [outcome] = found.outcomes
    assert outcome.verdict == "failed"
    assert message in outcome.refusals["backprop"].detail


@pytest.mark.parametrize(
    ("widths", "flag", "reason"),
    [
        ((3, 2), "classes", "exactly one hidden layer"),
        ((3, 4, 4, 2), "classes", "exactly one hidden layer"),
        ((3, 4, 1), "classes", "at least 2 outputs"),
        ((3, 4, 2), "", "exactly one 1 in each row"),
    ],
)
def test_other_networks_are_refused_with_the_reason(server, widths, flag, reason):
    case = make_case("random", widths, "sigmoid", 3, bce=True, flag=flag)
    found = check(server, FILES[0], 0, [case])
    assert found.verdict == "unsupported"
    assert [reason in one for one in found.refused] == [True]
