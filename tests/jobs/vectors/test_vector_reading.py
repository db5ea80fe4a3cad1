"""The reader of vectors: right code passes, each mistake fails, and other languages can do the same."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from support.checking import RIGHT, STYLES, SUBMISSIONS
from support.commands import PATIENCE, ROOT, completed, in_process
from support.running import shared, write

from harness.cases.standard import gradient_cases
from harness.jobs.evidence.mistakes.kill_matrix import answers
from harness.jobs.vectors.answers import judge_file, judged_vector, run_on_vectors, undeclared_convention, vector_inputs
from harness.jobs.vectors.choice import RAW_DATASETS
from harness.jobs.vectors.kills import hidden_mistakes, visible_mistakes
from harness.jobs.vectors.reader import EXPECTED_NAMES, READABLE_VERSION, read_vectors
from harness.jobs.vectors.summary import vectors_summary
from harness.judging.judge import CaseTruth, Trial
from harness.mistakes import CATALOGUE
from harness.model.textbook import Textbook
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, available_implementations
from harness.sandbox.sources.toolchains import language_named

FOLDER = ROOT / "vectors"
VECTORS = read_vectors(FOLDER)
CASES = {case.id: case for case in gradient_cases()}
LIMITS = Limits(PATIENCE, 10 * PATIENCE)
ONLY_WHEN_CALLED_TWICE_OR_WATCHED = {"gradients_not_zeroed", "inputs_mutated"}


def run(implementation, vectors=VECTORS):
    return run_on_vectors(shared(), implementation, vectors, LIMITS)


@pytest.mark.parametrize("implementation", available_implementations(), ids=lambda one: one.name)
def test_a_formulation_passes_what_it_supports(implementation):
    found = run(implementation)
    verdicts = [one.verdict for one in found]
    ran, entries = len(found) - verdicts.count("unsupported"), sum(one.result.given for one in found)
    if not ran and implementation.language != "Python":
        pytest.skip(found[0].refused)  # without the tools of its language
    print(f"{implementation.name}: {verdicts.count('passes')} of {ran} that ran, of {len(found)}; {entries} entries")
    assert ran >= 3
    if implementation.name == "finite_differences":  # inaccurate, as its verdict says
        assert set(verdicts) == {"fails", "unsupported"}
    else:
        assert "fails" not in verdicts, vectors_summary(implementation.name, found)


def answers_of(entry, vector, watched=True):
    """What a formulation gives on the inputs of a vector, with or without the second call and changes of the inputs."""
    trial = Trial(CaseTruth(CASES[vector.id], vector_inputs(vector)), {})
    given = answers(entry, trial)
    return given if watched else {name: type(one)(one.arrays) for name, one in given.items() if one.arrays}


def test_the_textbook_passes_every_test():
    assert {judged_vector(one, answers_of(Textbook, one), {}).verdict for one in VECTORS} == {"passes"}


@pytest.mark.parametrize("name", visible_mistakes())
def test_a_mistake_fails_the_tests_that_have_its_flag_and_no_others(name):
    entry, failed = CATALOGUE[name], []
    for vector in VECTORS:
        given = answers_of(entry, vector)
        runs = all(one.refusal is None or one.refusal.kind != "exception" for one in given.values())
        fails = judged_vector(vector, given, {}).verdict == "fails"
        assert (fails and runs) == (name in vector.data["flags"]), vector.id
        failed += [vector.id] if fails and runs else []
    assert failed


def test_the_mistakes_that_no_vector_sees_are_those_of_a_convention():
    hidden = hidden_mistakes()
    flags = {flag for vector in VECTORS for flag in vector.data["flags"]}
    assert hidden.keys() | flags == CATALOGUE.keys()
    assert not hidden.keys() & flags
    assert all(re.fullmatch(r"it shows only in code with L2 = [^,]+(, L2_\w+ = True)*", why) for why in hidden.values())
    assert all(CATALOGUE[name].convention.l2 > 0 for name in hidden)


def test_what_shows_only_in_a_second_call_or_in_the_inputs():
    unseen = {
        name
        for name in visible_mistakes()
        if all(
            judged_vector(one, answers_of(CATALOGUE[name], one, watched=False), {}).verdict == "passes"
            for one in VECTORS
            if name in one.data["flags"] and answers_of(CATALOGUE[name], one, watched=False)
        )
    }
    assert unseen == ONLY_WHEN_CALLED_TWICE_OR_WATCHED


@pytest.mark.parametrize(
    "name", ["bias_scalar_sum_state_class", "inputs_mutated_in_place", "gradients_not_zeroed_module_buffers"]
)
def test_a_wrong_file_fails_in_the_sandbox(name):
    path = SUBMISSIONS / "wrong" / f"{name}.py"
    assert "fails" in {one.verdict for one in run(Implementation(name, path))}


def test_any_slope_at_the_kink_passes(tmp_path):
    """relu' = 1 at 0, and leaky_relu' halfway."""
    text = (ROOT / "implementations" / "matrices.py").read_text(encoding="utf-8")
    changed = re.sub(r"layers\[(-1|l)\].activation.slope\(", r"slope(layers[\1].activation, ", text)
    assert changed != text
    changed += (
        "\n\ndef slope(activation, z):\n    right = activation.slope(z)\n"
        "    if 'relu' not in activation.name:\n        return right\n"
        "    return right + (z == 0) * ((1 - right) if activation.name == 'relu' else (1 - right) / 2)\n"
    )
    found = run(write(tmp_path, "another_slope", changed))
    assert {one.verdict for one in found} == {"passes"}
    assert any(array["undecided"] for one in VECTORS for array in one.data["expected"]["delta"])


def right_answers(vector):
    """What the textbook answers, as a program in another language writes it."""
    given = answers_of(Textbook, vector)
    layers = range(1, len(vector.data["network"]["layers"]) + 1)
    found = {name: [given["backprop"].arrays[name, l].tolist() for l in layers] for name in ("w", "b", "delta")}
    return found | {f"new_{name}": [given["step"].arrays[name, l].tolist() for l in layers] for name in ("w", "b")}


def test_answers_from_a_file_are_judged(tmp_path):
    path = tmp_path / "answers.json"
    data = {vector.id: right_answers(vector) for vector in VECTORS}
    assert set(data[VECTORS[0].id]) == set(EXPECTED_NAMES)
    path.write_text(json.dumps(data), encoding="utf-8")
    assert {one.verdict for one in judge_file(path, VECTORS)} == {"passes"}
    done = in_process("vectors", "--judge", path)
    assert done.returncode == 0
    assert f"{len(VECTORS)} of {len(VECTORS)} tests pass" in done.stdout
    data[VECTORS[4].id]["w"][0][0][0] = repr(data[VECTORS[4].id]["w"][0][0][0])
    data[VECTORS[4].id]["w"][0][0][1] = data[VECTORS[4].id]["w"][0][0][1].hex()
    first, second, third = (vector.id for vector in VECTORS[:3])
    data[first]["b"][0][0] = "NaN"
    data[second]["b"][0][0] = data[second]["b"][0][0] + 1e-9
    data[third] = {"unsupported": "no such layer"}
    path.write_text(json.dumps(data), encoding="utf-8")
    found = judge_file(path, VECTORS)
    assert [one.verdict for one in found[:5]] == ["fails", "fails", "unsupported", "passes", "passes"]
    done = in_process("vectors", "--judge", path)
    assert done.returncode == 1
    assert f"{len(VECTORS) - 3} of {len(VECTORS) - 1} tests pass, 1 are unsupported" in done.stdout
    assert f"fails: {second}: 1 entries are out of bounds" in done.stdout
    assert "unsupported in 1 tests: no such layer" in done.stdout


MEAN = """
import numpy as np
from harness import Unsupported

def backprop(network, x, t):
    if network.cost.name != "half_squared_error":
        raise Unsupported("another cost")
    a, n = [x], len(x)
    for layer in network.layers:
        a.append(layer.activation.f(a[-1] @ layer.w.T + layer.b))
    z = [before @ layer.w.T + layer.b for before, layer in zip(a, network.layers)]
    delta, w, b = a[-1] - t, [], []
    for layer, before, zl in zip(reversed(network.layers), reversed(a[:-1]), reversed(z)):
        delta = delta * layer.activation.slope(zl)
        w, b = [delta.T @ before / n + PENALTY * layer.w, *w], [delta.sum(axis=0) / n, *b]
        delta = delta @ layer.w
    return w, b
"""


@pytest.mark.parametrize(("penalty", "more"), [(0, ""), (0.125, ", L2 = 0.125")])
def test_the_convention_is_the_reason_for_failing_tests(penalty, more, tmp_path):
    found = run(write(tmp_path, "mean", MEAN.replace("PENALTY", str(penalty))))
    failing = [one for one in found if one.verdict == "fails"]
    assert undeclared_convention(found)[1] == len(failing) > 10
    reason = f"the numbers follow another convention, REDUCTION = 'mean'{more}: {len(failing)} of {len(failing)} agree"
    assert reason in vectors_summary("mean.py", found)


def test_a_declared_convention_is_the_reason_for_tests_that_are_unsupported(tmp_path):
    found = run(write(tmp_path, "mean", 'REDUCTION = "mean"\nHALF = True\n' + MEAN.replace("PENALTY", "0")))
    assert {one.verdict for one in found} == {"passes", "unsupported"}  # the mean of one row is the sum
    reason = "it declares REDUCTION = 'mean', and the vectors are for the summed cost, with ½, without a penalty"
    assert reason in vectors_summary("mean.py", found)


def test_another_sign_is_one_to_declare(tmp_path):
    turned = MEAN.replace(" / n", "").replace("return w, b", "return [-one for one in w], [-one for one in b]")
    shown = vectors_summary("sign.py", run(write(tmp_path, "sign", turned.replace("PENALTY", "0"))))
    assert "another convention, SIGN = 'negative': 14 of 14 agree under it;\n    declare it in the file" in shown


def test_a_mistake_is_no_convention():
    path = SUBMISSIONS / "wrong" / "bias_scalar_sum_state_class.py"
    assert undeclared_convention(run(Implementation(path.stem, path))) == ({}, 0)


def test_answers_of_a_mean_in_a_file_are_said_to_be_one(tmp_path):
    path, data = tmp_path / "answers.json", {}
    for vector in VECTORS:
        rows, given = vector.data["x"]["shape"][0], right_answers(vector)
        data[vector.id] = {name: [(np.array(one) / rows).tolist() for one in given[name]] for name in ("w", "b")}
    path.write_text(json.dumps(data), encoding="utf-8")
    constants, agreeing = undeclared_convention(found := judge_file(path, VECTORS))
    assert constants == {"REDUCTION": "mean"}
    assert agreeing == sum(one.verdict == "fails" for one in found) > 10


@pytest.mark.skipif(bool(language_named("Octave").missing), reason="octave is not here")
def test_the_course_s_file_is_judged_without_a_penalty_and_with_its_mean_as_the_reason(tmp_path):
    done = in_process("vectors", "--out", tmp_path, "--case", "iris-4-5-3-sigmoid-bce-batch8", "--seed", "1")
    assert done.returncode == 0, done.stderr
    path = SUBMISSIONS / "languages" / "right_vectorised" / "nnCostFunction.m"
    shown = in_process("vectors", "--judge", path, "--vectors", tmp_path).stdout
    assert shown.startswith("nnCostFunction.m, lambda = 0: ")
    assert "it declares REDUCTION = 'mean', and the vectors are for the summed cost" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--case", "iris*"], "--case: expected --out with it"),
        (["--seed", "1"], "--seed: expected --out with it"),
        (["--vectors", "here"], "--vectors: expected --judge with it"),
        (["--judge", "matrices", "--out", "here"], "--judge: expected no --out with it"),
        (["--judge", "nothing.json"], "nothing.json: expected a file of JSON"),
        (["--judge", "nothing.py"], "nothing.py: expected an implementation's file"),
        (["--judge", "matrices", "--vectors", "tests"], "tests: expected vector files, found none"),
        (["--judge", "matrices", "--vectors", "reports/data/proof.json"], "expected a vector file of schemaVersion"),
        (["--judge", "matrices", "--vectors", "reports/badge.json"], "expected what schema.json describes"),
        (["--judge", "reports/badge.json"], "found no id of a test"),
        (["--out", "README.md"], "README.md: expected a folder to write to"),
        (["--out", "harness/jobs/check"], "schema.json: expected the schema of vectors or no file, found another"),
        (["--out", "OUT", "--case", "nothing"], "unknown case 'nothing'"),
    ],
)
def test_unusable_arguments_are_a_line(arguments, message, tmp_path):
    done = in_process("vectors", *(str(tmp_path) if one == "OUT" else one for one in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "given", [[], {"w": 1}, {"w": [[None]]}, {"w": [["x"]]}, {"weights": [[1]]}, {}, {"w": [[True]]}]
)
def test_an_unusable_answer_is_a_line(given, tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({VECTORS[0].id: given}), encoding="utf-8")
    done = in_process("vectors", "--judge", path)
    assert done.returncode == 2
    assert f"{path}, {VECTORS[0].id}: expected" in done.stderr
    assert done.stderr.count("\n") == 1


def test_answers_of_other_writers_are_read(tmp_path):
    """A mark of the byte order, as some editors write, and hexadecimal floats as %A of C does."""
    path, vector = tmp_path / "answers.json", VECTORS[0]
    layers = right_answers(vector)["b"]
    data = {vector.id: {"b": [[number.hex().upper() for number in _flat(layer)] for layer in layers]}}
    path.write_text(json.dumps(data), encoding="utf-8-sig")
    assert judge_file(path, VECTORS)[0].verdict == "passes"


def test_a_missing_layer_or_number_fails_with_what_was_expected():
    [vector] = [one for one in VECTORS if one.id.startswith("ten_rows-2-2-2")]
    assert vector.judge({"b": [[0.0, 0.0]]}).problem == "b has 1 arrays, expected one for each of 2 layers"
    found = vector.judge({"b": [[0.0], [0.0, 0.0]]})
    assert found.problem == "b of layer 1 has 1 numbers, expected the shape [2]"
    assert not found.passes
    assert not vector.judge({}).passes


def test_other_inputs_are_written_from_a_seed(tmp_path):
    case = "iris-4-3-sigmoid-batch8"
    assert case.split("-")[0] not in RAW_DATASETS
    done = in_process("vectors", "--out", tmp_path, "--case", case, "--seed", 7)
    assert done.returncode == 0
    [vector] = read_vectors(tmp_path)
    assert vector.id == case
    data = json.loads((tmp_path / "half_squared_error.json").read_text(encoding="utf-8"))
    assert data["seed"] == 7
    assert data["schemaVersion"] == READABLE_VERSION
    [written] = [path for path in available_implementations() if path.name == "matrices"]
    assert [one.verdict for one in run(written, [vector])] == ["passes"]
    (tmp_path / "half_squared_error.json").write_text("mine", encoding="utf-8")
    assert in_process("vectors", "--out", tmp_path, "--case", case).returncode == 2


def test_correct_code_of_other_styles_passes():
    """What is right by a convention that it does not declare is not: vectors have one convention."""
    for path in [path for path in (*RIGHT, *STYLES) if "undeclared" not in path.stem][::10]:
        found = run(Implementation(path.stem, path))
        assert "fails" not in {one.verdict for one in found}, vectors_summary(path.name, found)


SNIPPETS = dict(re.findall(r"```(\w+)\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_example_in_javascript_judges_as_the_reader_does(tmp_path):
    """Answers of the textbook, one of them changed by twice its bound."""
    vectors = [one for one in VECTORS if one.file == "half_squared_error.json"]
    data = [right_answers(one) for one in vectors]
    flat = [{name: [[*_flat(layer)] for layer in layers] for name, layers in one.items()} for one in data]
    array = vectors[0].data["expected"]["b"][1]
    flat[0]["b"][1][0] = array["data"][0] + 2 * array["bound"][0]
    by_id = {one.id: given for one, given in zip(vectors, flat, strict=True)}
    program = f"const answers = {json.dumps(list(by_id.values()))};\nconst backprop = () => answers.shift();\n"
    (tmp_path / "test.js").write_text(program + SNIPPETS["javascript"], encoding="utf-8")
    shutil.copy(FOLDER / "half_squared_error.json", tmp_path)
    done = completed(["node", "test.js"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert line.startswith(f"{vectors[0].id}: b of layer 2, entry 0:")


def _flat(array):
    return [number for one in array for number in _flat(one)] if isinstance(array, list) else [array]


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_example_in_c_judges_as_the_reader_does(tmp_path):
    array = VECTORS[0].data["expected"]["w"][0]
    value, tail, bound = (array[part][0] for part in ("data_hex", "tail_hex", "bound_hex"))
    main = f"""
#include <stdio.h>
int main(void) {{
    double data[] = {{{value}, {value}, {value}, {value}}}, tail[] = {{{tail}, {tail}, {tail}, {tail}}};
    double bound[] = {{{bound}, {bound}, {bound}, {bound}}};
    double got[] = {{{value}, {value} + 3 * {bound}, NAN, 1e300}};
    char undecided[] = {{0, 0, 0, 1}};
    printf("%d", out_of_bounds(4, got, data, tail, bound, undecided));
}}
"""
    (tmp_path / "test.c").write_text(SNIPPETS["c"] + main, encoding="utf-8")
    done = completed(["cc", "-std=c99", "-Wall", "-Werror", "-o", "test", "test.c", "-lm"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert completed([str(tmp_path / "test")]).stdout == "2"
