"""Networks as people write them are checked without an adapter: the right ones agree, one mistake in each is found."""

from __future__ import annotations

import tomllib
from ast import literal_eval

import pytest
from support.checking import SUBMISSIONS, names
from support.running import shared

from harness.cases.standard import gradient_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import check_submission
from harness.mistakes import CATALOGUE
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation

FOLDER = SUBMISSIONS / "as_they_stand"
NETWORKS = tomllib.loads((FOLDER / "networks.toml").read_text(encoding="utf-8"))
FEWEST_CASES = 20
NO_NAME = ("sequential_sgd",)  # in networks with one layer nothing moves, and its formula has no name
SEED = 1
GENEROUS = Limits(seconds=60.0, total=600.0)
pytestmark = pytest.mark.usefixtures("known_truths")


def checked(path):
    """The check of a file with nothing but what networks.toml says of how it is made, and the adapter's source."""
    with Adapters(shared(), GENEROUS) as adapters:
        implementation = adapters.drive(Implementation(path.stem, path), NETWORKS[path.stem]["make"])
        found = check_submission(shared(), implementation, gradient_cases(), SEED, GENEROUS, is_fitted=True)
        return found, implementation.target.read_text(encoding="utf-8")


def declared(source, name):
    """What an adapter declares."""
    [line] = [line for line in source.splitlines() if line.startswith(f"{name} = ")]
    return literal_eval(line.partition(" = ")[2])


def with_mistake(folder, name):
    """The file with its mistake."""
    expected, text = NETWORKS[name], (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    old, new = (expected[key].removeprefix("\n") for key in ("old", "new"))
    assert text.count(old) == 1
    path = folder / f"{name}.py"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_every_network_has_an_entry_of_known_names():
    assert {path.stem for path in FOLDER.glob("*.py")} == NETWORKS.keys()
    assert len(NETWORKS) >= 20
    said = [one["mistake"] for one in NETWORKS.values()]
    assert sum(name in CATALOGUE for name in said) + sum("^" in text for text in said) == len(said)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_right_network_agrees_without_a_line_of_adapter(name):
    expected = NETWORKS[name]
    found, source = checked(FOLDER / f"{name}.py")
    print(f"{name}: {found.ran} of {len(found.outcomes)} cases ran")
    assert found.verdict == "agrees"
    assert found.ran >= FEWEST_CASES
    assert set(declared(source, "ACTIVATIONS")) == {expected["hidden"], expected["output"]}
    assert declared(source, "COST") == expected["cost"]
    assert found.path.name == f"{name}.py"
    assert as_data(found, "")["driven"] == [*found.driven]


@pytest.mark.parametrize("name", NETWORKS)
def test_one_mistake_in_it_is_wrong_and_explained(tmp_path, name):
    mistake = NETWORKS[name]["mistake"]
    found, _ = checked(with_mistake(tmp_path, name))
    data = as_data(found, "")
    formulas = [one for diagnosis in data["diagnosis"] for one in diagnosis["formulas"]]
    print(f"{name}: {names(found)}, {[one['yours'] for one in formulas]}; expected {mistake}")
    assert found.verdict == "wrong"
    assert found.ran >= FEWEST_CASES
    assert names(found) or formulas
    if mistake in CATALOGUE and name not in NO_NAME:
        assert mistake in {part for diagnosis in data["diagnosis"] for part in diagnosis["parts"]}
