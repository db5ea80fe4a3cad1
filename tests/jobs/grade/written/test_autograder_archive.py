"""The autograder archive, laid out as Gradescope does it: https://gradescope-autograders.readthedocs.io/en/latest/specs/"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import jsonschema
import pytest

from harness.jobs.grade.exports.package import package
from harness.model.errors import UnusableInput
from harness.sandbox.sources.find import PROJECT_ROOT

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "gradescope.json").read_text())
ASSIGNMENT = b'title = "Backprop by hand"\n'
SCRIPTS = {"setup.sh", "run_autograder"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("package") / "autograder.zip"
    package("gradescope", ASSIGNMENT, path)
    return path


@pytest.fixture
def lay_out(tmp_path):
    """Makes the folders that Gradescope makes: what was uploaded in source/, and its runner beside it."""

    def laid_out_from(uploaded):
        base = tmp_path / "auto grader"
        with ZipFile(uploaded) as held:
            for entry in held.infolist():  # with the permissions in it, which `extract` alone leaves out
                Path(held.extract(entry, base / "source")).chmod(entry.external_attr >> 16 & 0o777)
        shutil.copy(base / "source" / "run_autograder", base / "run_autograder")
        (base / "submission").mkdir()
        return base

    return laid_out_from


@pytest.fixture
def laid_out(archive, lay_out):
    return lay_out(archive)


def run_autograder(base, python):
    """The runner, started from another folder, and the results that it wrote."""
    ran = subprocess.run(
        [base / "run_autograder"], cwd="/", env={**os.environ, "PYTHON": python}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    results = json.loads((base / "results" / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(results, SCHEMA)
    return ran.stdout, results


def test_programs_are_executable_and_at_the_root(laid_out):
    for path in laid_out.joinpath("source").rglob("*"):
        is_program = path.name in SCRIPTS
        assert path.is_dir() or os.access(path, os.X_OK) == is_program, path
    for name in SCRIPTS:
        assert (laid_out / "source" / name).read_bytes().startswith(b"#!")
        subprocess.run(["bash", "-n", laid_out / "source" / name], check=True)


def test_the_archive_holds_the_assignment_and_gradproof_and_no_implementation(archive):
    with ZipFile(archive) as held:
        names = held.namelist()
        assert held.read("assignment.toml") == ASSIGNMENT
    ours = {path.relative_to(PROJECT_ROOT).as_posix() for path in (PROJECT_ROOT / "harness").rglob("*.*")}
    wanted = {name for name in ours if "__pycache__" not in name and (PROJECT_ROOT / name).is_file()}
    held_harness = {name.removeprefix("gradproof/") for name in names if name.startswith("gradproof/")}
    assert wanted <= held_harness
    assert all(name.startswith("harness/") for name in held_harness)
    assert not [name for name in names if "__pycache__" in name or "implementations" in name or name.endswith(".pyc")]


def test_the_packages_are_those_of_the_project_as_installed(archive):
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]
    with ZipFile(archive) as held:
        pinned = dict(line.split("==") for line in held.read("requirements.txt").decode().splitlines())
        assert held.read("ranges.txt").decode().splitlines() == project["dependencies"]
    assert set(pinned) == {re.split("[<>=]", one)[0] for one in project["dependencies"]}
    for name, number in pinned.items():
        assert version(name) == number


def test_the_same_assignment_gives_the_same_bytes(archive, tmp_path):
    package("gradescope", ASSIGNMENT, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()
    with ZipFile(archive) as held:
        assert {entry.date_time for entry in held.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_gradproof_runs_from_the_archive_alone(laid_out):
    """In a new interpreter that finds no other harness, from another folder."""
    submission = laid_out / "submission" / "net.py"
    shutil.copy(PROJECT_ROOT / "implementations" / "row_matrices.py", submission)
    environment = {**os.environ, "PYTHONPATH": str(laid_out / "source" / "gradproof"), "PYTHONSAFEPATH": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "harness", "check", submission], cwd="/", env=environment, capture_output=True, text=True
    )
    assert ran.stdout.startswith("net.py: AGREES"), ran.stderr


def test_a_grader_that_fails_says_so_in_valid_results(laid_out):
    shutil.rmtree(laid_out / "source" / "gradproof")
    stdout, results = run_autograder(laid_out, sys.executable)
    assert results["score"] == 0
    assert "tell your teacher" in results["output"]
    assert results["stdout_visibility"] == "hidden"
    assert "No module named harness" in stdout  # for the teacher


def test_a_python_that_is_not_there_is_a_grader_that_fails(laid_out):
    _, results = run_autograder(laid_out, str(laid_out / "no python"))
    assert "tell your teacher" in results["output"]


@pytest.mark.parametrize("text", ['{"score": 3, "output": "good"}', '{"score": 3,', ""], ids=["whole", "cut", "empty"])
def test_results_of_the_grader_are_taken_if_they_are_whole(laid_out, text):
    """With a stand-in for the harness, which writes this text where the command writes its results."""
    harness = laid_out / "source" / "gradproof" / "harness"
    shutil.rmtree(harness)
    harness.mkdir()
    (harness / "__main__.py").write_text(
        "import pathlib, sys\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1], 'gradescope')\n"
        "out.mkdir(parents=True)\n"
        f"(out / 'submission.json').write_text({text!r})\n"
    )
    _, results = run_autograder(laid_out, sys.executable)
    assert results["score"] == (3 if text.endswith("}") else 0)


def test_results_of_an_earlier_run_do_not_stand(laid_out):
    earlier = laid_out / "results" / "details" / "gradescope"
    earlier.mkdir(parents=True)
    (earlier / "submission.json").write_text('{"score": 10}')
    shutil.rmtree(laid_out / "source" / "gradproof")
    _, results = run_autograder(laid_out, sys.executable)
    assert results["score"] == 0


def test_an_unknown_kind_and_a_place_that_cannot_be_written_are_one_line(tmp_path):
    with pytest.raises(
        UnusableInput, match="unknown kind of autograder archive 'gradscope': did you mean 'gradescope'"
    ):
        package("gradscope", ASSIGNMENT, tmp_path / "x.zip")
    with pytest.raises(UnusableInput, match=r"none/x\.zip"):
        package("gradescope", ASSIGNMENT, tmp_path / "none" / "x.zip")


@pytest.mark.parametrize("file", ["row_matrices", None], ids=["right", "nothing"])
def test_a_submission_is_marked_from_end_to_end(tmp_path, lay_out, file):
    assignment = tmp_path / "assignment.toml"
    ran = [sys.executable, "-m", "harness", "grade", "--new", assignment]
    subprocess.run(ran, cwd=PROJECT_ROOT, check=True, stdout=subprocess.DEVNULL)
    package("gradescope", assignment.read_bytes(), tmp_path / "autograder.zip")
    base = lay_out(tmp_path / "autograder.zip")
    if file:
        shutil.copy(PROJECT_ROOT / "implementations" / f"{file}.py", base / "submission")
    stdout, results = run_autograder(base, sys.executable)
    assert "tell your teacher" not in results["output"], stdout
    full = sum(test["max_score"] for test in results["tests"])
    assert full > 0
    assert results["score"] == (full if file else 0)
