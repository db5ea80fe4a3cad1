"""The committed vectors: derived again, on this processor and on a plainer one, and by other arithmetic."""

from __future__ import annotations

import json
import os
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import mpmath
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from support.commands import ROOT, completed

from harness.cases.case import FLAGS, HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from harness.cases.standard import gradient_cases
from harness.jobs.vectors.answers import vector_inputs
from harness.jobs.vectors.build import chosen_cases, vectors_of
from harness.jobs.vectors.exact_entries import exact_entry
from harness.jobs.vectors.files import write_vectors
from harness.jobs.vectors.reader import read_vectors
from harness.judging.judge import CaseTruth

FOLDER = ROOT / "vectors"
FILES = sorted(path for path in FOLDER.glob("*.json") if path.name != "schema.json")
COMMITTED = {one.id: one for one in read_vectors(FOLDER)}
CASES = {case.id: case for case in gradient_cases() if case.id in COMMITTED}


def test_the_committed_files_are_derived_again_to_the_byte(tmp_path):
    write_vectors(tmp_path, vectors_of(chosen_cases(), None))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*(path.name for path in FILES), "schema.json"])
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), "run nox -s vectors, and commit vectors/"


def test_a_processor_with_other_instructions_writes_the_same_bytes(tmp_path):
    """Without its vector instructions NumPy takes other exp and sums, and so does OpenBLAS."""
    found = np.__config__.CONFIG["SIMD Extensions"].get("found", [])
    plain = {"NPY_DISABLE_CPU_FEATURES": " ".join(found), "OPENBLAS_CORETYPE": "Prescott"}
    command = [sys.executable, "-m", "harness", "vectors", "--out", tmp_path, "--case", ",".join(COMMITTED)]
    done = completed([*map(str, command)], env={**os.environ, **plain, "PYTHONWARNINGS": "ignore"})
    assert done.returncode == 0, done.stderr
    for path in FILES:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_as_its_schema_says_and_counts_right(path):
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    data = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(data)
    tests = [test for group in data["testGroups"] for test in group["tests"]]
    arrays = [array for test in tests for layers in test["expected"].values() for array in layers]
    assert data["numberOfTests"] == len(tests)
    assert data["numberOfEntries"] == sum(len(array["data"]) for array in arrays)
    assert data["numberOfUndecided"] == sum(len(array["undecided"]) for array in arrays)
    assert set(data["notes"]) == {flag for test in tests for flag in test["flags"]}


def pairs_of_numbers(data):
    """Every decimal with its hexadecimal form."""
    if isinstance(data, list):
        for one in data:
            yield from pairs_of_numbers(one)
    elif isinstance(data, dict):
        for name, value in data.items():
            if f"{name}_hex" in data and isinstance(value, list):
                yield from zip(value, data[f"{name}_hex"], strict=True)
            elif f"{name}_hex" in data:
                yield value, data[f"{name}_hex"]
            else:
                yield from pairs_of_numbers(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_decimal_and_its_hexadecimal_form_are_the_same_double(path):
    pairs = [*pairs_of_numbers(json.loads(path.read_text(encoding="utf-8")))]
    assert len(pairs) > 1000
    assert all(decimal == float.fromhex(form) for decimal, form in pairs)


def test_the_files_are_few_small_and_varied():
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    assert size < 1_500_000
    assert len([*FOLDER.iterdir()]) <= 12
    assert {case.cost for case in CASES.values()} == {"half_squared_error", "binary_cross_entropy", "cross_entropy"}
    assert {name for case in CASES.values() for name in case.activations} == set(OUTPUT_ACTIVATIONS)
    assert {name for case in CASES.values() if len(case.widths) > 2 for name in case.hidden.split()} == {
        *HIDDEN_ACTIVATIONS
    }
    assert {case.batch == 1 for case in CASES.values()} == {len(case.widths) == 2 for case in CASES.values()}
    assert {case.flag for case in CASES.values()} == {"", *FLAGS} - {"classes"}  # no case of a check has that


@pytest.mark.parametrize("name", CASES)
def test_the_inputs_and_bounds_are_those_of_a_check(name):
    case, vector = CASES[name], COMMITTED[name]
    inputs = case.build()
    for one, other in zip(inputs.arrays(), vector_inputs(vector).arrays(), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert vector.data["learning_rate"] == case.learning_rate
    standards = CaseTruth.of(case, inputs, any_subgradient=True).standards
    for quantity in ("w", "b", "delta"):
        for l, array in enumerate(vector.data["expected"][quantity], start=1):
            standard = standards[quantity, l]
            allowed = (standard.bound + standard.truth.radius).ravel()
            bounds = np.array(array["bound"])
            assert (bounds >= allowed).all()
            assert (bounds <= 1.002 * allowed).all()
            midpoints = zip(standard.truth.high.ravel().tolist(), standard.truth.low.ravel().tolist(), strict=True)
            assert array["data"] == [float(Fraction(high) + Fraction(low)) for high, low in midpoints]


@pytest.mark.parametrize("name", CASES)
def test_the_bound_of_a_new_parameter_is_that_of_its_displacement(name):
    case, vector = CASES[name], COMMITTED[name]
    inputs = case.build()
    standards = CaseTruth.of(case, inputs, any_subgradient=True).standards
    for l, layer in enumerate(inputs.network.layers, start=1):
        update = standards["update", l]
        allowed = update.bound + update.truth.radius
        parts = (("new_w", np.s_[:, :-1], layer.w), ("new_b", np.s_[:, -1], layer.b))
        for quantity, part, old in parts:
            array = vector.data["expected"][quantity][l - 1]
            bounds = np.array(array["bound"])
            assert (bounds >= allowed[part].ravel()).all()
            assert (bounds <= 1.002 * allowed[part].ravel()).all()
            high, low = update.truth.high[part].ravel().tolist(), update.truth.low[part].ravel().tolist()
            numbers = zip(array["data"], array["tail"], old.ravel().tolist(), high, low, bounds.tolist(), strict=True)
            for value, tail, start, one, rest, bound in numbers:
                true = Fraction(start) - Fraction(one) - Fraction(rest)
                assert abs(Fraction(value) + Fraction(tail) - true) <= Fraction(bound) / 1000


def sigmoid(z):
    return 1 / (1 + mpmath.exp(-z))


def test_values_by_another_arithmetic():
    """A network of three layers of sigmoid, in mpmath, from the hexadecimal inputs and the definition of a derivative:
    the derivative of the cost along one weight."""
    [name] = [name for name in CASES if name.startswith("random-5-6-4-3-sigmoid-small")]
    data = COMMITTED[name].data
    exact = partial(map, lambda form: mpmath.mpf(float.fromhex(form)))
    with mpmath.workdps(80):
        layers = [
            (mpmath.matrix(*one["w"]["shape"]), [*exact(one["b"]["data_hex"])]) for one in data["network"]["layers"]
        ]
        for (w, _), one in zip(layers, data["network"]["layers"], strict=True):
            rows, columns = one["w"]["shape"]
            numbers = [*exact(one["w"]["data_hex"])]
            for j, k in np.ndindex(rows, columns):
                w[j, k] = numbers[j * columns + k]
        x, t = (np.array([*exact(data[part]["data_hex"])]).reshape(data[part]["shape"]) for part in "xt")

        def cost():
            total = mpmath.mpf(0)
            for row, target in zip(x, t, strict=True):
                a = mpmath.matrix(row.tolist())
                for w, b in layers:
                    a = (w * a + mpmath.matrix(b)).apply(sigmoid)
                total += sum((one - wanted) ** 2 for one, wanted in zip(a, target, strict=True)) / 2
            return total

        step = mpmath.mpf(10) ** -25
        for l, (j, k) in ((0, (2, 3)), (1, (3, 0)), (2, (1, 2))):
            w = layers[l][0]
            start, ends = w[j, k], []
            for move in (step, -step):
                w[j, k] = start + move
                ends.append(cost())
            w[j, k] = start
            slope = (ends[0] - ends[1]) / (2 * step)
            array = data["expected"]["w"][l]
            i = j * array["shape"][1] + k
            value, tail, bound = array["data"][i], array["tail"][i], array["bound"][i]
            assert value != 0
            assert tail != 0
            assert abs(slope - value - tail) <= bound / 1000
            new = data["expected"]["new_w"][l]
            moved = start - mpmath.mpf(data["learning_rate"]) * slope
            assert abs(moved - new["data"][i] - new["tail"][i]) <= new["bound"][i] / 1000


def test_exact_values_by_fractions():
    """With the identity everywhere, backprop is a matter of fractions."""
    [name] = [name for name in CASES if name.startswith("random-5-6-4-identity")]
    inputs, expected = vector_inputs(COMMITTED[name]), COMMITTED[name].data["expected"]
    exact = np.vectorize(Fraction, otypes=[object])
    (w1, b1), (w2, b2) = ((exact(layer.w), exact(layer.b)) for layer in inputs.network.layers)
    x, t = exact(inputs.x), exact(inputs.t)
    a = x @ w1.T + b1
    delta2 = a @ w2.T + b2 - t
    delta1 = delta2 @ w2
    truths = {"delta": [delta1, delta2], "w": [delta1.T @ x, delta2.T @ a], "b": [delta1.sum(0), delta2.sum(0)]}
    for quantity, layers in truths.items():
        for true, array in zip(layers, expected[quantity], strict=True):
            for number, value, tail, bound in zip(
                true.ravel(), array["data"], array["tail"], array["bound"], strict=True
            ):
                assert float(number) == value
                assert abs(number - Fraction(value) - Fraction(tail)) <= Fraction(bound) / 1000


@pytest.mark.parametrize("midpoint", [Fraction(0), Fraction(1, 3), Fraction(-(10**200)), Fraction(1, 10**310) / 7])
@pytest.mark.parametrize("ratio", [1.0, 3.0, 1e6])
def test_the_test_in_doubles_accepts_exactly_what_is_right(midpoint, ratio):
    """Doubles around the ends of what a check allows: what it accepts passes, what is 0.2 % beyond fails."""
    value = float(midpoint)
    bound = max(ratio * float(np.spacing(abs(value))), 1e-300) / 2
    entry = exact_entry(midpoint, 0.0, bound, (0.0, 0.0))
    ulp, tried = float(np.spacing(abs(value))), 0
    for end in (value - bound, value + bound):
        for move in (-3, -2, -1, 0, 1, 2, 3, -0.003 * ratio, 0.003 * ratio):
            got = end + move * max(ulp, bound / 1e6)
            error = abs(Fraction(got) - midpoint)
            passes = abs((got - entry.value) - entry.tail) <= entry.bound
            assert passes or error > bound
            assert not passes or error <= Fraction(1.002) * Fraction(bound)
            tried += 1
    assert tried == 18


def test_only_says_which_mistakes_no_other_test_of_the_file_has():
    for path in FILES:
        tests = [one.data for one in COMMITTED.values() if one.file == path.name]
        for test in tests:
            others = {flag for other in tests if other is not test for flag in other["flags"]}
            assert test["only"] == [flag for flag in test["flags"] if flag not in others]
    assert any(one.data["only"] for one in COMMITTED.values())


def test_the_readme_of_the_vectors_names_every_field():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    names = {*schema["$defs"]["test"]["properties"], *schema["$defs"]["answer"]["properties"]}
    names |= {*schema["$defs"]["test"]["properties"]["expected"]["properties"]}
    assert all(f"`{name}`" in text for name in names if not name.endswith("_hex")), names
    assert {Path(path.name).stem.removesuffix("_float32") + ".json" for path in FILES} <= {
        name for name in (path.name for path in FILES) if f"`{name}`" in text
    }
