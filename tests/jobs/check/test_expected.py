"""Checks of files after public bug reports, and of hard cases for a verdict: expected.toml says what must come."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from support.checking import SUBMISSIONS, checked
from support.running import shared

from harness.cases.standard import gradient_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import check_submission
from harness.jobs.check.text import report_text
from harness.mistakes import CATALOGUE
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.sandbox.requests import Limits
from harness.truth.certify import certify, error_over_bound

EXPECTED = tomllib.loads((Path(__file__).parent / "expected.toml").read_text(encoding="utf-8"))
OUT_OF_TIME = "verdicts/slow_f32_leak"  # has a test of its own
pytestmark = pytest.mark.usefixtures("known_truths")


def as_list(value):
    return value if isinstance(value, list) else [value]


def in_order(name):
    """The names of a pair in the order of the alphabet."""
    return " + ".join(sorted(name.split(" + ")))


def mismatches(expected, found):
    """What a check found differently, a line for each."""
    data, text = as_data(found, ""), " ".join(report_text(found, "").removeprefix(found.path.name).split())
    names = {in_order(one["mistake"]) for one in data["diagnosis"] if one["mistake"]}
    conventions = {one["name"]: one["value"] for one in data["conventions"] if not one["declared"]}
    for one in data["diagnosis"]:
        conventions |= one["convention"]
    if found.verdict not in as_list(expected["verdict"]):
        yield f"verdict {found.verdict}, expected {expected['verdict']}"
    if found.ran < expected.get("ran", 1):
        yield f"{found.ran} cases ran, expected {expected['ran']} or more"
    right = {in_order(name) for name in expected.get("mistakes", names)}
    if not names <= right or bool(names) != bool(right):
        yield f"named {sorted(names)}, expected {sorted(right)}"
    if not all(expected.get("where", "") in one["where"] for one in data["diagnosis"]):
        yield f"named in {[one['where'] for one in data['diagnosis']]}, expected {expected['where']}"
    if conventions != expected.get("convention", {}):
        yield f"convention {conventions}, expected {expected.get('convention', {})}"
    if "quantity" in expected and (data["first_divergence"] or {}).get("quantity") != expected["quantity"]:
        yield f"the first error is in {data['first_divergence']}, expected {expected['quantity']}"
    if expected.get("layers", "") not in data["layers"]:
        yield f"errors {data['layers']!r}, expected {expected['layers']!r}"
    for pattern in expected.get("says", ()):
        if not re.search(pattern, text, re.IGNORECASE):
            yield f"the text has no {pattern!r}"
    for pattern in expected.get("says_not", ()):
        if re.search(pattern, text, re.IGNORECASE):
            yield f"the text has {pattern!r}"


def test_each_file_has_an_entry_of_known_names():
    folders = ("reported", "verdicts")
    files = {path.relative_to(SUBMISSIONS).with_suffix("").as_posix() for path in SUBMISSIONS.rglob("*.py")}
    assert {name for name in files if name.split("/")[0] in folders} == EXPECTED.keys() | {OUT_OF_TIME}
    named = {part for one in EXPECTED.values() for name in one.get("mistakes", ()) for part in name.split(" + ")}
    assert named <= CATALOGUE.keys()


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name, one in EXPECTED.items() for seed in one.get("seeds", [1])]
)
def test_a_check_finds_what_is_expected(name, seed):
    found = checked(shared(), SUBMISSIONS / f"{name}.py", seed, is_fitted=True)
    assert not [*mismatches(EXPECTED[name], found)]


@pytest.mark.parametrize("total", [0.5, 60.0])
def test_the_verdict_does_not_depend_on_the_seconds(total):
    """A product in float32 is no wrong formula, also where time runs out before that is shown."""
    cases = [case for case in gradient_cases() if case.id.startswith("iris-4-5-3")]
    found = check_submission(shared(), SUBMISSIONS / f"{OUT_OF_TIME}.py", cases, 5, Limits(10.0, total))
    assert {outcome.verdict for outcome in found.outcomes if outcome.out_of_bounds} <= {"inaccurate", "cannot tell"}
    if total == 60:
        assert found.verdict == "inaccurate"
        assert "float32" in report_text(found, "")


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
@pytest.mark.parametrize(("dtype", "tiny"), [("float64", 1e-200), ("float32", 1e-30)])
def test_a_product_that_underflows_before_a_kink_is_in_bounds(name, dtype, tiny):
    """z = tiny² is above 0, and 0 in floating point, where the derivative is another one."""

    def layer(weight, activation):
        return Layer(np.full((1, 1), weight, dtype), np.zeros(1, dtype), ACTIVATIONS[activation])

    network = Network((layer(tiny, name), layer(1, "identity")), COSTS["half_squared_error"])
    inputs = Inputs(network, np.full((1, 1), tiny, dtype), np.ones((1, 1), dtype))
    standards = certify(inputs, 0.5, dtype)
    back = ACTIVATIONS[name].slope(inputs.x[0, 0] * network.layers[0].w)
    delta = (np.zeros((1, 1), dtype) - inputs.t) @ network.layers[1].w * back
    for key, value in {("delta", 1): delta, ("b", 1): delta[0], ("w", 1): delta.T @ inputs.x}.items():
        assert (error_over_bound(value.astype(np.float64), standards[key]) <= 1).all(), key
