"""The commands `check` and `new`: their output, exit status and JSON."""

from __future__ import annotations

import json
import signal
import sys

import jsonschema
import psutil
import pytest
from support.commands import PATIENCE, ROOT, below, harness, in_process, started, until

from harness.cases.standard import gradient_cases

SCHEMA = json.loads((ROOT / "harness" / "jobs" / "check" / "schema.json").read_text(encoding="utf-8"))
SUBMISSIONS = ROOT / "tests" / "support" / "submissions"


def data_of(tmp_path, *arguments):
    path = tmp_path / "found.json"
    done = harness("check", *arguments, "--json", path)
    data = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    return done, data


def test_a_right_file_is_status_0(tmp_path):
    done, data = data_of(tmp_path, ROOT / "implementations" / "row_matrices.py")
    assert done.returncode == 0
    assert done.stderr == ""
    of = len(gradient_cases())
    run = sum(case.cost == "half_squared_error" for case in gradient_cases())  # the article has that cost only
    counts = f"{run} of {of} cases ran ({run} agree, {of - run} unsupported)"
    extent = f"on what it supports: the squared error, {run} of {run} cases"
    assert done.stdout.startswith(f"row_matrices.py: AGREES {extent}\n{counts}")
    assert data["verdict"] == "agrees"
    assert data["cases"] == {"run": run, "of": of, "by_verdict": {"agrees": run, "unsupported": of - run}}
    assert data["first_divergence"] is None
    assert data["diagnosis"] == data["failures"] == []
    assert data["rerun"] == ""


def test_the_skeleton_runs_and_the_check_names_its_mistake(tmp_path):
    made = harness("new", tmp_path / "my_backprop")
    assert made.returncode == 0
    path = tmp_path / "my_backprop.py"
    assert str(path) in made.stdout
    done, data = data_of(tmp_path, path)
    assert done.returncode == 1
    assert data["verdict"] == "wrong"
    assert data["diagnosis"][0]["mistake"] == "sigma_prime_missing_in_hidden"
    assert data["first_divergence"]["quantity"] == "delta"
    # A drawn relu layer can have all its units active: then the factor that is missing is 1.
    assert data["in_common"].startswith("hidden units that are not linear")
    mended = path.read_text(encoding="utf-8").replace(
        "insert(0, back)", "insert(0, back * layers[l].activation.slope(z[l]))"
    )
    path.write_text(mended, encoding="utf-8")
    assert harness("check", path).returncode == 0


def test_the_printed_command_shows_the_numbers_of_a_case(tmp_path):
    path = SUBMISSIONS / "wrong" / "bias_sign_flipped_threshold.py"
    done, data = data_of(tmp_path, path, "--seed", "7")
    case = data["first_divergence"]["case"]
    assert data["rerun"] == f"python -m harness check {path} --case {case} --seed 7"
    assert done.stdout.rstrip().endswith(data["rerun"])
    again = harness(*data["rerun"].split()[3:])
    assert again.returncode == 1
    assert "1 of 1 cases ran (1 wrong)" in again.stdout
    rows = [line.split() for line in again.stdout.splitlines() if line.startswith("  [0]")]
    assert rows
    for row in rows:  # entry, yours, true, error, rounding: here yours is minus the true one
        assert float(row[1]) == pytest.approx(-float(row[2]), rel=1e-12)
        assert float(row[3]) == pytest.approx(2 * abs(float(row[2])), rel=0.1)


def test_the_json_has_the_failures(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text("def backprop(n, x, t):\n    print('<b>')\n    return [][1]\n", encoding="utf-8")
    done, data = data_of(tmp_path, path, "--case", "xor*")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert data["verdict"] == "failed"
    assert {failure["kind"] for failure in data["failures"]} == {"exception"}
    assert data["failures"][0]["message"] == "IndexError: list index out of range (failing.py, line 3)"
    assert "line 3, in backprop" in data["failures"][0]["traceback"]
    assert data["output"]["kept"].startswith("<b>\n")
    assert data["first_divergence"] is None


def test_a_declared_convention_is_status_0_and_an_undeclared_one_is_not(tmp_path):
    path = SUBMISSIONS / "right" / "mean_of_the_batch_flat_vector.py"
    done, data = data_of(tmp_path, path)
    assert done.returncode == 0
    assert data["conventions"] == [{"name": "REDUCTION", "value": "mean", "declared": True}]
    bare = tmp_path / "bare.py"
    bare.write_text(path.read_text(encoding="utf-8").replace('REDUCTION = "mean"', ""), encoding="utf-8")
    done, data = data_of(tmp_path, bare)
    assert done.returncode == 1
    assert data["conventions"] == [{"name": "REDUCTION", "value": "mean", "declared": False}]
    assert [one["mistake"] for one in data["diagnosis"]] == ["mean_where_sum_is_stated"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "no/such/file.py"], "no/such/file.py: expected an implementation's file, found none there"),
        (["check", "row_matrix"], "unknown implementation 'row_matrix': did you mean 'row_matrices'?"),
        (["check", "row_matrices", "--case", "iris-9"], "unknown case 'iris-9': known: breast_cancer"),
        (
            ["check", "row_matrices", "--case", "xor*", "--json", "/no/such/folder/x.json"],
            "--json /no/such/folder/x.json",
        ),
        (["check", "row_matrices", "--json", "mine.rs"], "--json mine.rs: expected a file for data, found the name of"),
        (
            ["check", "row_matrices", "--json", "/tmp"],
            "--json /tmp: expected the name of a file, found a folder; name a",
        ),
        (["check", "/tmp"], "/tmp: expected an implementation's file, found a folder; name a file in it"),
        (["vectors", "--judge", "/tmp"], "/tmp: expected an implementation's file, found a folder; name a file in it"),
        (["new", "my-backprop"], "my-backprop: expected letters, digits and _"),
        (["new", "harness/jobs/check/run"], "harness/jobs/check/run.py: expected no file there, found one"),
        (["new", "no/such/thing"], "no/such/thing.py: expected the folder no/such, found none"),
    ],
)
def test_unusable_input_is_one_line_and_status_2(arguments, message):
    done = harness(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: " + message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_file_that_a_program_reads_is_not_overwritten(tmp_path):
    data = tmp_path / "weights.json"
    data.write_text("{}", encoding="utf-8")
    done = harness("check", "--json", data, "--", "cat", data)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --json {data}: expected a new file, found one that the command reads")
    assert data.read_text(encoding="utf-8") == "{}"


def test_the_language_of_a_program_is_the_one_that_its_hello_says(tmp_path):
    path, found = tmp_path / "net", tmp_path / "found.json"
    path.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    said = json.loads(line)\n"
        "    refused = {'id': said.get('backprop'), 'unsupported': 'not yet'}\n"
        "    hello = {'hello': 1, 'offers': ['backprop'], 'language': 'Perl\\n5'}\n"
        "    print(json.dumps(hello if 'hello' in said else said if 'echo' in said else refused), flush=True)\n",
        encoding="utf-8",
    )
    done = harness("check", "--case", "xor*", "--json", found, "--", sys.executable, path)
    assert "\nLanguage: Perl 5.\n" in done.stdout
    assert json.loads(found.read_text(encoding="utf-8"))["language"] == "Perl 5"


def test_a_program_without_the_dashes_is_told_how_it_is_checked():
    done = in_process("check", "cat", "net.pl", "--fast")
    assert done.returncode == 2
    assert done.stderr.endswith(
        "unrecognized arguments: net.pl --fast; to check a program: check -- cat net.pl --fast\n"
    )
    assert "to check" not in in_process("check", "row_matrices", "net.pl").stderr
    assert "to check" not in in_process("compare", "cat", "net.pl").stderr


@pytest.mark.parametrize(
    "option",
    [["--seed", "-1"], ["--seconds", "0"], ["--total-seconds", "x"], ["--memory", "0"], ["--memory", "nan"], []],
)
def test_unusable_options_say_what_was_expected(option):
    done = in_process("check", *(["row_matrices", *option] if option else []))
    assert done.returncode == 2
    assert "expected" in done.stderr or "required" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running_after_an_interrupt(tmp_path, how):
    path = tmp_path / "endless.py"
    body = "subprocess.run(['sleep', '600'])\n    while True: pass\n"
    path.write_text(f"import subprocess\ndef backprop(n, x, t):\n    {body}", encoding="utf-8")
    command = [sys.executable, "-m", "harness", "check", str(path), "--seconds", str(PATIENCE)]
    with started(command, start_new_session=True) as process:
        until(lambda: below(process, "600"))
        workers = below(process)
        process.send_signal(how)
        _, errors = process.communicate(timeout=PATIENCE)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert errors.strip() == "interrupted"
    assert not psutil.wait_procs(workers, timeout=PATIENCE)[1]


def test_a_function_that_refuses_is_listed_beside_one_that_agrees(tmp_path):
    path = tmp_path / "no_step.py"
    text = (ROOT / "tests/support/submissions/right/imports_nothing_of_ours.py").read_text(encoding="utf-8")
    path.write_text(f"{text}\n\ndef step(network, x, t, learning_rate):\n    raise NotImplementedError('todo')\n")
    done = harness("check", path, "--case", "xor-2-1*")
    assert done.returncode == 0
    assert "Refused cases:\n  step: todo [1 case]" in done.stdout


def test_links_that_form_a_loop_are_no_file(tmp_path):
    (tmp_path / "loop.py").symlink_to("loop.py")
    done = harness("check", tmp_path / "loop.py")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "expected an implementation's file" in done.stderr
