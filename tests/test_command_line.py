"""The program as a person meets it: whole processes, good and bad arguments."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def harness(*arguments, cwd=ROOT):
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


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
    ],
)
def test_unusable_input_is_one_line_and_status_2(arguments, message):
    done = harness("compare", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: " + message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--jobs", "two"], ["--seconds", "-1"], ["--seconds", "nan"]])
def test_unusable_numbers_say_what_was_expected(arguments):
    done = harness("compare", *arguments)
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
    done = harness(*arguments)
    assert done.returncode == 2
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_proof_without_a_pair_is_said_to_be_none():
    done = harness("prove", "--only", "row_matrices,torch_autograd")
    assert done.returncode == 1
    assert "torch_autograd: nothing proved: TypeError" in done.stdout
    assert done.stdout.endswith("Nothing is proved: there is no pair that runs on exact numbers.\n")


@pytest.mark.parametrize("arguments", [["--help"], ["compare", "--help"]])
def test_help_loads_no_library(arguments):
    code = (
        "import sys; sys.argv[1:] = sys.orig_argv[-1].split(); from harness.__main__ import main\n"
        "try: main()\n"
        "finally: print([m for m in ('numpy', 'torch', 'pandas', 'sklearn', 'rich') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, " ".join(arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("usage: python -m harness")
    assert done.stdout.endswith("[]\n")


def test_list_names_everything():
    done = harness("list")
    assert done.returncode == 0
    for name in ("neuron_loop", "torch_autograd", "breast_cancer", "iris-4-5-3-sigmoid-batch8", "wine-13-3-online"):
        assert name in done.stdout


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
    assert "<script>" not in page + overview
    assert "a\\|b &lt;b>" in overview
    assert "0 of 1" in overview
