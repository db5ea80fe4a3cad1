"""Files in a student's manner, each with one planted mistake: it is found, in the arrays where it is, and explained.

Their first lines say what is planted: `# layer | wrong arrays | words of the explanation | what is planted`. Where no
words are given, no explanation is known, and none may be given.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.layers.check import check_layers
from harness.layers.finding.find import plans_of
from harness.layers.finding.scan import scan
from harness.layers.finding.settle import settled
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits

LAYERS = Path(__file__).resolve().parents[1] / "support/submissions/layers"
WRONG = sorted(LAYERS.glob("wrong*/**/*.py"))
RIGHT = sorted((LAYERS / "cs231n").glob("*.py"))


@dataclass(frozen=True)
class Planted:
    layer: str
    arrays: list[str]
    words: str


def planted(path):
    parts = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#").split("|")
    layer, arrays, words, _ = map(str.strip, parts)
    return Planted(layer, arrays.split(), words)


@pytest.fixture(scope="module")
def results():
    """The results of a file at a seed."""
    with Server(by_fork=True) as server:

        def run(path, seed=1):
            plans = settled(server, path, plans_of(scan(path)), seed, Limits())
            return check_layers(server, path, plans, seed, Limits())

        yield run


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_planted_mistake_is_found_and_explained(path, results):
    expected, found = planted(path), results(path)
    wrong = [one for one in found if one.verdict != "agrees"]
    assert [(one.plan.layer.name, one.verdict) for one in wrong] == [(expected.layer, "wrong")]
    assert [one.name for one in wrong[0].arrays if one.verdict == "wrong"] == expected.arrays
    explained = {name for one in wrong[0].explanations for name in one.arrays}
    assert explained == (set(expected.arrays) if expected.words else set())
    assert all(expected.words in one.sentence for one in wrong[0].explanations)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_course_file_agrees_on_everything(path, seed, results):
    found = results(path, seed)
    assert found
    assert [(one.plan.title, one.verdict, one.detail) for one in found if one.verdict != "agrees"] == []
    assert not [one.plan.title for one in found if one.changed]


def test_most_planted_mistakes_are_explained():
    """The tests above check each; the counts are printed."""
    explained = sum(bool(planted(path).words) for path in WRONG)
    print(f"{len(WRONG)} wrong files, all found; {explained} of them explained")
    assert explained >= 0.8 * len(WRONG)
