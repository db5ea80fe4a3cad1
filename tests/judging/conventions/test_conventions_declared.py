"""A file that declares its convention agrees in every case, and without the declaration it does not."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.checking import checked
from support.following import ONE, written
from support.networks import inputs, random_inputs
from support.running import shared

from harness.cases.case import DTYPES, make_case
from harness.jobs.evidence.mistakes.kill_matrix import answers
from harness.judging import conventions
from harness.judging.conventions import Convention
from harness.judging.conventions.declarations import CONVENTION_VALUES
from harness.judging.conventions.variants import has_no_bias_gradient, has_shapes_of, layout_variants, scale_variants
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.sources.functions import DECLARATIONS

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.usefixtures("known_truths")
CONVENTIONS = {
    "no biases": {"BIAS": "none"},
    "a mean without biases": {"BIAS": "none", "REDUCTION": "mean"},
    "a mean for one cost": {"REDUCTION": {"half_squared_error": "mean over outputs"}},
    "a fixed rate": {"LEARNING_RATE": 1.0},
    "a small fixed rate and a mean without biases": {"LEARNING_RATE": 1e-3, "REDUCTION": "mean", "BIAS": "none"},
    "a penalty": {"L2": 0.1},
    "a penalty without the half": {"L2": 0.003, "L2_HALF": False},
    "a penalty of the biases too": {"L2": 1, "L2_BIASES": True},
    "the penalty of the Octave course": {"REDUCTION": "mean", "L2": 3.0, "L2_DIVIDED": True},
    "the penalty of CS231n": {"REDUCTION": "mean", "L2": 0.05, "L2_HALF": False},
    "a large penalty of all, divided, at a fixed rate": {
        "REDUCTION": "mean over outputs",
        "L2": 1e6,
        "L2_BIASES": True,
        "L2_DIVIDED": True,
        "LEARNING_RATE": 0.01,
    },
    "a penalty without biases": {"BIAS": "none", "L2": 1e-8},
    "two means": {"REDUCTION": {"half_squared_error": "mean over rows and outputs", "cross_entropy": "mean"}},
}


@pytest.fixture(scope="module")
def server():
    return shared()


@pytest.mark.parametrize("constants", CONVENTIONS.values(), ids=CONVENTIONS)
def test_what_is_declared_is_what_a_file_is_compared_with(server, tmp_path, constants):
    found = checked(server, written(tmp_path, constants, constants))
    assert found.by_verdict == {"agrees": found.ran}
    assert found.ran >= 50
    assert found.declared.differences_from(type(found.declared)()) == constants
    assert checked(server, written(tmp_path, constants, {}), pattern=ONE).verdict != "agrees"
    assert checked(server, written(tmp_path, {}, constants), pattern=ONE).verdict != "agrees"


def random_conventions():
    """Any convention of the cost and the network; the layout and the sign only arrange what is returned."""
    numbers = st.floats(1e-2, 1e3)
    return st.builds(
        Convention,
        reduction=st.sampled_from(CONVENTION_VALUES["reduction"]),
        half=st.booleans(),
        bias=st.sampled_from(["apart", "none"]),
        l2=st.one_of(st.just(0), numbers),
        l2_half=st.booleans(),
        l2_biases=st.booleans(),
        l2_divided=st.booleans(),
        learning_rate=st.one_of(st.none(), numbers),
    )


def judged(trial, follows, declared):
    """What a textbook that follows a convention comes to under another."""
    return judge_case(replace(trial, answers=answers(Textbook, trial, follows)), declared)


def test_the_textbook_of_any_convention_agrees_under_it_and_is_told_apart_from_others():
    told_apart = 0

    @settings(max_examples=150)
    @given(one=random_conventions(), other=random_conventions(), given_inputs=inputs(), dtype=st.sampled_from(DTYPES))
    def is_told_apart(one, other, given_inputs, dtype):
        nonlocal told_apart
        case = replace(make_case("random", (1, 1)), dtype=dtype)
        trial = Trial(CaseTruth.of(case, given_inputs.astype(dtype)), {})
        mine, theirs = judged(trial, one, one), judged(trial, other, other)
        assert mine.verdict in ("agrees", "cannot tell")
        assert not mine.out_of_bounds
        pairs = [(mine.quantities[key], theirs.quantities[key]) for key in mine.quantities if key[0] in ("w", "update")]
        differ = any((np.abs(a - b) > 1e-6 * np.abs(b).max()).any() for a, b in pairs)
        if differ and dtype == "float64" and theirs.verdict == "agrees":
            told_apart += 1
            assert judged(trial, one, other).out_of_bounds

    is_told_apart()
    assert told_apart >= 30


def test_every_constant_is_listed_with_its_default():
    """In the docstring for those who read the code, and in CONTRIBUTING for those who write a file."""
    defaults = {field.name.upper(): field.default for field in fields(Convention)}
    assert set(defaults) == set(DECLARATIONS)
    listed = dict(re.findall(r"^ {4}([A-Z0-9_]+) = (\S.*?) {2,}", conventions.__doc__, re.MULTILINE))
    assert listed == {name: repr(one).replace("'", '"') for name, one in defaults.items()}
    table = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `(.*?)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert table == listed


# A reduction for each cost.


def test_reductions_that_are_all_the_same_are_one():
    one = Convention.declared({"REDUCTION": dict.fromkeys(COSTS, "mean")})
    assert one == Convention(reduction="mean")
    assert hash(one) == hash(Convention(reduction="mean"))
    assert Convention.declared({"REDUCTION": {"cross_entropy": "sum"}}) == Convention()
    assert one.with_reduction("cross_entropy", "sum").differences_from(Convention()) == {
        "REDUCTION": {"half_squared_error": "mean", "binary_cross_entropy": "mean"}
    }


@given(st.dictionaries(st.sampled_from([*COSTS]), st.sampled_from(CONVENTION_VALUES["reduction"])))
def test_what_differs_can_be_declared(reductions):
    one = Convention.declared({"REDUCTION": reductions})
    assert Convention.declared(one.differences_from(Convention())) == one
    assert all(one.reduction_of(cost) == reductions.get(cost, "sum") for cost in COSTS)
    assert scale_variants(one)[0] == one
    assert len(set(scale_variants(one))) == len(scale_variants(one))


# A network without biases.

WITHOUT_B = {
    "empty": "def backprop(n, x, t):\n    return Gradients(gradients(n, x, t)[0], [])",
    "left out": "def backprop(n, x, t):\n    return {'w': gradients(n, x, t)[0]}",
    "None": "def backprop(n, x, t):\n    return gradients(n, x, t)[0], None",
    "a step that leaves it out": """
def moved(n, x, t, eta):
    return [l.w - eta * g for l, g in zip(n.layers, gradients(n, x, t)[0])]
def step(n, x, t, eta):
    return {"w": moved(n, x, t, eta)}""",
    "a step with zeros": """
def step(n, x, t, eta):
    return [l.w - eta * g for l, g in zip(n.layers, gradients(n, x, t)[0])], [0 * l.b for l in n.layers]""",
}


@pytest.mark.parametrize("offered", ["", "del step", "del backprop"])
@pytest.mark.parametrize("constants", [{"BIAS": "none"}, {"BIAS": "none", "REDUCTION": "mean"}], ids=str)
def test_a_network_without_biases_is_recognised(server, tmp_path, constants, offered):
    found = checked(server, written(tmp_path, constants, {}, offered), pattern="iris")
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == constants


@pytest.mark.parametrize("offered", ["", "del backprop"])
def test_a_mistake_does_not_hide_that_there_are_no_biases(server, tmp_path, offered):
    flipped = "book = gradients\ndef gradients(n, x, t):\n    w, b, *more = book(n, x, t)\n"
    flipped += f"    return [-one for one in w[:1]] + w[1:], b, *more\n{offered}\n"
    found = checked(server, written(tmp_path, {"BIAS": "none"}, {}, flipped), pattern="iris-4-5-3")
    assert found.verdict == "wrong"
    assert found.found == Convention(bias="none")


def test_what_speaks_for_a_network_without_biases():
    given_inputs = random_inputs((2, 3), "sigmoid", "sigmoid", "half_squared_error", 4, 1)
    [layer] = given_inputs.network.layers
    w = {("w", 1): layer.w}

    def is_shown(**answers):
        return has_no_bias_gradient({name: Answer(w | b) for name, b in answers.items()}, given_inputs)

    def b(array):
        return {("b", 1): array}

    zeros = np.zeros(3)
    assert is_shown(backprop={})
    assert is_shown(backprop=b(zeros))
    assert is_shown(backprop=b(np.zeros((1, 3))), step=b(layer.b))
    assert is_shown(step=b(zeros))
    assert has_no_bias_gradient({"backprop": Answer(refusal=Refusal("unsupported", "no"))}, given_inputs)
    assert not is_shown(backprop=b(layer.b))
    assert not is_shown(backprop=b(zeros), step=b(layer.b + 1))
    assert not is_shown(backprop=b(np.array([0, 0, np.nan])))


def test_a_file_without_biases_may_have_another_layout():
    layouts = layout_variants(Convention(bias="none"))
    assert layouts[0] == Convention(bias="none")
    assert Convention(bias="none", layout="in, out") in layouts
    assert Convention(bias="first row", layout="in, out") in layouts
    assert not any(one.bias == "none" for one in layout_variants(Convention()))
    given_inputs = random_inputs((2, 3), "sigmoid", "sigmoid", "half_squared_error", 4, 1)
    arrays = {("w", 1): given_inputs.network.layers[0].w.T}
    assert [one.layout for one in layouts if has_shapes_of(one, arrays, given_inputs)] == ["in, out"]


@pytest.mark.parametrize("form", WITHOUT_B.values(), ids=WITHOUT_B)
def test_without_biases_b_may_be_left_out(server, tmp_path, form):
    constants = CONVENTIONS["no biases"]
    assert checked(server, written(tmp_path, constants, constants, form), pattern=ONE).verdict == "agrees"


@pytest.mark.parametrize(
    "form",
    [
        "def backprop(n, x, t):\n    g = gradients(n, x, t)\n    return g[0], [d.sum(0) for d in g[2]]",
        "def step(n, x, t, eta):\n    return [l.w for l in n.layers], [l.b + 1e-9 for l in n.layers]\ndel backprop",
    ],
)
def test_a_bias_that_is_declared_absent_must_not_move(server, tmp_path, form):
    constants = CONVENTIONS["no biases"]
    assert checked(server, written(tmp_path, constants, constants, form), pattern=ONE).verdict in ("wrong", "failed")
