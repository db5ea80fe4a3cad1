"""The program as a person meets it: whole processes, good and bad arguments."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from pathlib import Path

import pytest
from support.commands import ROOT, completed, harness, in_process

from harness.cases import datasets
from harness.cases.fitted import select_cases
from harness.jobs import check_json_file, commands
from harness.model.errors import UnusableInput
from harness.reporting.files import check_output_folder
from harness.sandbox.sources.find import Implementation


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--only", "row_matrixes"],
            "unknown implementation 'row_matrixes': did you mean 'row_matrices'? known: batched",
        ),
        (["--only", "no/such/file.py"], "no/such/file.py: expected an implementation's file, found none there"),
        (
            ["--case", "iris-4-5-3-sigmoid-batch9"],
            "unknown case 'iris-4-5-3-sigmoid-batch9': did you mean 'iris-4-5-3-",
        ),
        (["--only", ""], "nothing is selected: expected names or ids separated by commas, found ''"),
        (["--case", ","], "nothing is selected: expected names or ids separated by commas, found ','"),
        (["--case", "zzz*"], "unknown case 'zzz*': known: breast_cancer"),
        (["--data", "missing.csv"], "missing.csv: expected a file that can be read, found: No such file or directory"),
        (["--data", "iris"], "--data iris: expected a path ending in .csv"),
        (["--only", "/tmp"], "/tmp: expected an implementation's file, found a folder; name a file in it"),
        (
            ["--only", "implementations/java_neurons"],
            "unknown implementation 'implementations/java_neurons': a path must end in one of .py, .c, ",
        ),
    ],
)
def test_unusable_input_is_one_line_and_status_2(arguments, message):
    done = harness("compare", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: " + message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["compare", "soundness"])
@pytest.mark.parametrize("name", ["x.py", "x.js"])
def test_source_files_are_not_overwritten(tmp_path, command, name):
    path = tmp_path / name
    path.write_text("mine", encoding="utf-8")
    done = in_process(command, "--json", str(path))
    assert done.returncode == 2
    assert done.stderr == (
        f"error: --json {path}: expected a file for data, found the name of code; name another, such as x.json\n"
    )
    assert path.read_text(encoding="utf-8") == "mine"


def test_a_table_that_is_compared_is_not_overwritten(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,0\n2,1\n", encoding="utf-8")
    done = in_process("compare", "--only", "row_matrices", "--data", str(path), "--json", str(path))
    assert done.returncode == 2
    assert f"--json {path}: expected a new file, found one that the command reads" in done.stderr
    assert path.read_text(encoding="utf-8") == "a,b\n1,0\n2,1\n"


def test_the_help_names_paths_in_every_language():
    assert "paths of source files in Python or another language" in " ".join(
        in_process("compare", "--help").stdout.split()
    )


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--jobs", "two"], ["--seconds", "-1"], ["--seconds", "nan"]])
def test_unusable_numbers_say_what_was_expected(arguments):
    done = in_process("compare", *arguments)
    assert done.returncode == 2
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "--reports", ""],
        ["soundness", "--seed", "-1"],
        ["soundness", "--entries", "0"],
        ["soundness", "--json", "no/such/folder/found.json"],
        ["prove", "--seed", "x"],
    ],
)
def test_unusable_arguments_of_every_command_are_status_2(arguments):
    done = in_process(*arguments)
    assert done.returncode == 2
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_proof_without_a_pair_is_said_to_be_none():
    done = harness("prove", "--only", "row_matrices,torch_autograd")
    assert done.returncode == 1
    assert "torch_autograd: nothing proved: TypeError" in done.stdout
    assert done.stdout.endswith("Nothing is proved: there is no pair that runs on exact numbers.\n")


HEAVY = ("numpy", "flint", "torch", "pandas", "sklearn", "scipy", "matplotlib", "rich", "tabulate", "psutil")


def imported(*arguments):
    """What a command prints, and which of the heavy modules it has imported at its end."""
    code = (
        "import sys; from harness.__main__ import main\n"
        f"try: main()\nfinally: print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = completed([sys.executable, "-c", code, *arguments])
    assert done.returncode == 0, done.stderr
    *lines, modules = done.stdout.splitlines()
    return lines, ast.literal_eval(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"], ["check", "--help"], ["list"]])
def test_what_needs_no_numbers_loads_no_library(arguments):
    lines, modules = imported(*arguments)
    assert lines[0].startswith("Implementations" if arguments == ["list"] else "usage: python -m harness")
    assert modules == []


def test_a_check_loads_what_it_is_judged_by_and_nothing_else():
    lines, modules = imported("check", "row_matrices", "--case", "iris*")
    assert lines[0] == "row_matrices.py: AGREES in 7 of 10 cases"
    assert modules == ["numpy", "flint"]


def test_help_names_every_command():
    usage = harness("--help").stdout
    listed = usage[usage.index("COMMAND\n") :].split("options:")[0]
    names = [line.split()[0] for line in listed.splitlines()[1:] if line[4:5].strip()]
    assert {"check", "compare", "list", "train"} <= set(names)
    assert names == [command.name for command in commands()]
    for name in names:
        assert name in [command.name for command in commands(name)]  # found by itself, too


def test_list_names_everything():
    done = harness("list")
    assert done.returncode == 0
    for name in ("neuron_loop", "torch_autograd", "breast_cancer", "iris-4-5-3-sigmoid-batch8", "wine-13-3-online"):
        assert name in done.stdout
    assert "PyTorch" in done.stdout  # a title
    [added] = [line.rpartition(" ")[2] for line in done.stdout.splitlines() if "more of each kind" in line]
    assert [case.id for case in select_cases(added)] == [added]
    [line] = [line for line in done.stdout.splitlines() if line.endswith("any path ending in .csv")]
    assert line.removeprefix("  ").removesuffix(", and any path ending in .csv").split(", ") == list(
        datasets.DATASET_NAMES
    )


def test_a_selection_prints_and_leaves_the_reports_alone():
    before = (ROOT / "reports" / "README.md").read_bytes()
    done = harness("compare", "--only", "row_matrices", "--case", "xor-2-3-1-sigmoid-batch4", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "row_matrices: 1 case\n" in done.stdout
    assert "No reports for a selection" in done.stdout
    assert (ROOT / "reports" / "README.md").read_bytes() == before


def test_a_csv_file_is_compared(tmp_path):
    (tmp_path / "mine.csv").write_text(
        "a,b,y\n" + "".join(f"{i},{i * i % 7},{i % 2}\n" for i in range(12)), encoding="utf-8"
    )
    done = harness(
        "compare", "--only", "row_matrices", "--data", str(tmp_path / "mine.csv"), "--reports", str(tmp_path / "out")
    )
    assert done.returncode == 0, done.stderr
    assert "mine-2-5-2-sigmoid-batch8" in (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")


def test_reports_that_cannot_be_written_are_one_line_before_anything_is_computed(tmp_path):
    (tmp_path / "file").touch()
    done = harness("compare", "--only", "row_matrices", "--case", "xor-2-1*", "--reports", str(tmp_path / "file"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_results_that_cannot_be_written_keep_the_reports_from_nothing(tmp_path):
    some = ["compare", "--only", "row_matrices", "--case", "xor-2-1*"]
    done = harness(*some, "--json", "/dev/full", "--reports", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr == "error: /dev/full: expected to write there, found: No space left on device\n"
    assert (tmp_path / "out" / "index.html").is_file()
    assert not (tmp_path / "out" / "data" / "partial.csv").exists()


def test_reports_that_cannot_be_written_in_the_end_are_one_line_and_the_rows_are_kept(tmp_path):
    (tmp_path / "badge.json").mkdir()
    some = ["compare", "--only", "row_matrices", "--case", "xor-2-1*", "--reports", str(tmp_path)]
    done = harness(*some, "--json", str(tmp_path / "results.json"))
    partial = tmp_path / "data" / "partial.csv"
    problem = (
        f"{tmp_path / 'badge.json'}: expected to write there, found: Is a directory; all rows are kept in {partial}"
    )
    assert (done.returncode, done.stderr) == (2, f"error: {problem}\n")
    assert partial.read_text(encoding="utf-8").count("agrees") == 4
    assert (tmp_path / "results.json").is_file()
    (tmp_path / "badge.json").rmdir()
    (tmp_path / "README.md").write_text("")  # as a full disk leaves it
    assert harness(*some).returncode == 0


def test_what_may_not_be_written_is_said_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(UnusableInput, match=r"results\.json: expected a file that may be written"):
        check_json_file(tmp_path / "results.json")
    with pytest.raises(UnusableInput, match="expected a folder to write reports to, found: Permission denied"):
        check_output_folder(tmp_path, ("README.md",))


@pytest.fixture
def copied(tmp_path):
    """The project in a folder of its own, where files can be added."""
    for folder in ("harness", "implementations"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_new_implementation_is_one_file(copied):
    shutil.copy(copied / "implementations" / "row_matrices.py", copied / "implementations" / "mine.py")
    done = harness(
        "compare", "--only", "mine,row_matrices", "--case", "iris-4-5-3-sigmoid-batch8", "--reports", "out", cwd=copied
    )
    assert done.returncode == 0, done.stderr
    for report in ("README.md", "pairwise.md", "results.csv", "implementations/mine.md"):
        assert "mine" in (copied / "out" / report).read_text(encoding="utf-8")
    assert "  mine" in harness("list", cwd=copied).stdout


def test_a_failing_implementation_is_in_every_table_and_in_the_exit_status(copied):
    text = (
        '"""<script>alert(1)</script> | [x](y)"""\n\ndef backprop(network, x, t):\n    raise ValueError("a|b\\n<b>")\n'
    )
    (copied / "implementations" / "broken.py").write_text(text, encoding="utf-8")
    done = harness("compare", "--only", "broken,row_matrices", "--case", "xor-2-1*", "--reports", "out", cwd=copied)
    assert done.returncode == 1
    assert "ValueError: a|b <b> (broken.py, line 4)" in done.stdout
    page = (copied / "out" / "implementations" / "broken.md").read_text(encoding="utf-8")
    overview = (copied / "out" / "README.md").read_text(encoding="utf-8")
    assert "\\<script>" in page
    assert "<script>" not in (page + overview).replace("\\<", "")
    assert "a\\|b \\<b>" in overview
    assert "0 of 1" in overview


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('"""In rows.\n\nMore."""\nx = 1\n', "In rows"),
        ("# a comment\n\n'''\n  In columns\n'''\n", "In columns"),
        ('"""Said, though what follows is broken"""\ndef (\n', "Said, though what follows is broken"),
        ('x = 1\n"""no docstring"""\n', "mine"),
        ('""""""\n', "mine"),
        ('"""never closed\n', "mine"),
        ("", "mine"),
        (r"r'''In \delta'''", r"In \delta"),
        (r"'It\'s \u03b4'", "It's δ"),
    ],
)
def test_a_title_is_the_first_line_of_the_docstring_or_the_name(tmp_path, text, title):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    assert Implementation("mine", path).title == title
    assert Implementation("mine", tmp_path / "gone.py").title == "mine"
