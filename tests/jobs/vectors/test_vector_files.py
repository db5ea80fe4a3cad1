"""Vector files that are malformed, or hold tests with the same id."""

from __future__ import annotations

import json

import pytest
from support.commands import PATIENCE, ROOT, in_process
from support.running import shared

from harness.jobs.vectors.answers import run_on_vectors
from harness.jobs.vectors.reader import read_vectors
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import available_implementations

FOLDER = ROOT / "vectors"
LIMITS = Limits(PATIENCE, 10 * PATIENCE)


def change(path, *steps):
    """A vector file with the value at the end of these steps replaced, or removed if it is None."""
    data = json.loads((FOLDER / "half_squared_error.json").read_text(encoding="utf-8"))
    *places, last, value = steps
    part = data
    for place in places:
        part = part[place]
    part.pop(last) if value is None else part.__setitem__(last, value)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


TEST = ("testGroups", 0, "tests", 0)


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (("testGroups", 5), "'int' object is not iterable"),
        (("testGroups", 0, "tests", ["x"]), "string indices must be"),
        (("dtype", "int7"), "the dtype 'int7', not float64 or float32; write it anew"),
        (("dtype", "int8"), "the dtype 'int8', not float64 or float32"),
        (("dtype", "float16"), "the dtype 'float16', not float64 or float32"),
        (("dtype", ["float64"]), "the dtype ['float64'], not float64 or float32"),
        (("dtype", None), "no 'dtype'"),
        ((*TEST, "id", None), "no 'id'"),
        ((*TEST, "learning_rate_hex", None), "no 'learning_rate_hex'"),
        ((*TEST, "expected", None), "no 'expected'"),
        ((*TEST, "expected", "w", 0, "bound_hex", 0, "zz"), "invalid hexadecimal floating-point string"),
        ((*TEST, "expected", "new_b", 0, "tail_hex", []), "list index out of range"),
        ((*TEST, "network", "layers", 0, "activation", "swish"), "no 'swish'"),
        ((*TEST, "x", "shape", [9, 9]), "cannot reshape array"),
    ],
    ids=str,
)
def test_an_unusable_vector_file_is_a_line(steps, found, tmp_path):
    path = change(tmp_path / "vectors.json", *steps)
    done = in_process("vectors", "--judge", "row_matrices", "--vectors", path)
    assert done.returncode == 2
    assert f"expected what schema.json describes, found {found}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_tests_of_the_same_id_are_judged_apart(tmp_path):
    """Two files from two seeds in one folder, and one whose true values are changed."""
    first = change(tmp_path / "first.json", "seed", 1)
    places = (*TEST, "expected", "b", 0, "data_hex")
    second = change(tmp_path / "second.json", *places, 0, "0x1p+9")
    vectors = [*read_vectors(first), *read_vectors(second)]
    [written] = [one for one in available_implementations() if one.name == "matrices"]
    verdicts = [one.verdict for one in run_on_vectors(shared(), written, vectors, LIMITS)]
    half = len(vectors) // 2
    assert (verdicts[0], verdicts[half]) == ("passes", "fails")
    assert verdicts[1:half] == verdicts[half + 1 :] == ["passes"] * (half - 1)
