"""`check` of code that was not written for the contract: --make, --cost, --write-adapter, and what they say if not."""

from __future__ import annotations

import json
import os
import signal
import sys

import jsonschema
import pytest
from support.checking import SUBMISSIONS
from support.commands import PATIENCE, ROOT, below, harness, started, until

SCHEMA = json.loads((ROOT / "harness" / "jobs" / "check" / "schema.json").read_text(encoding="utf-8"))
NETWORKS, NOT_NETWORKS = SUBMISSIONS / "as_they_stand", SUBMISSIONS / "not_networks"
TORCH_LIKE = "Sequential(*map(Dense, widths, widths[1:]))"
RUNS = "gradproof-run-*"
BY_HAND = "write an adapter by hand (see docs/checking.md)"
OURS = ROOT / "implementations" / "row_matrices.py"


def data_of(folder, *arguments):
    """What a check prints, its exit status, and its JSON."""
    path = folder / "found.json"
    done = harness("check", *arguments, "--seed", "1", "--json", path)
    assert done.stderr == ""
    data = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, SCHEMA)
    return done, data


def error_of(*arguments):
    """The only line of an error, without `error: `."""
    done = harness("check", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("error: ").rstrip("\n")


def written(folder, text, name="network"):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_class_is_checked_as_it_stands_and_the_report_says_how_it_is_driven(tmp_path):
    done, data = data_of(tmp_path, NETWORKS / "sequential_sgd.py", "--make", TORCH_LIKE)
    headline, driven, *_ = done.stdout.split("\n\n")
    assert done.returncode == 0
    assert headline.startswith("sequential_sgd.py: AGREES on what it supports: sigmoid hidden layers")
    assert driven.startswith(f"Driven as it stands:\n  made by: {TORCH_LIKE}\n")
    assert max(map(len, driven.splitlines())) <= 100
    said = [" ".join(line.split()) for line in data["driven"]]
    assert " ".join(driven.split()) == " ".join(["Driven as it stands:", *said])
    assert data["implementation"] == "sequential_sgd"
    assert data["path"] == str(NETWORKS / "sequential_sgd.py")


def test_a_file_of_the_contract_is_not_driven(tmp_path):
    done, data = data_of(tmp_path, OURS, "--case", "xor*")
    assert data["driven"] is None
    assert "Driven as it stands" not in done.stdout


def test_make_and_cost_may_be_declared_in_the_file(tmp_path):
    text = (NETWORKS / "columns_course.py").read_text(encoding="utf-8")
    declared = 'MAKE = "initialize_parameters(widths)"\nCOST = "binary_cross_entropy"\n'
    _, data = data_of(tmp_path, written(tmp_path, f"{text}\n{declared}"), "--case", "breast_cancer*")
    assert data["verdict"] == "agrees"
    assert data["driven"][0] == "made by: initialize_parameters(widths)"


def test_the_written_adapter_is_checked_with_the_same_verdicts(tmp_path):
    text = (NETWORKS / "sequential_sgd.py").read_text(encoding="utf-8")
    path = written(tmp_path, text.replace("self.layers[::-1]", "self.layers[:0:-1]"))
    out = tmp_path / "by_hand.py"
    first, driven = data_of(tmp_path, path, "--make", TORCH_LIKE, "--write-adapter", out)
    assert first.stdout.startswith(f"Wrote the adapter {out}; it can be checked as it is.\n\nnetwork.py: WRONG")
    second, itself = data_of(tmp_path, out)
    assert second.stdout.startswith("by_hand.py: WRONG")
    for same in ("verdict", "results", "errors", "diagnosis", "conventions", "supports", "functions"):
        assert driven[same] == itself[same]
    assert driven["diagnosis"][0]["formulas"][0]["yours"] == "∂C/∂b^1 = 0"
    assert itself["driven"] is None
    again, _ = data_of(tmp_path, path, "--make", TORCH_LIKE, "--write-adapter", out)  # over an adapter
    assert again.returncode == 1


def test_the_printed_command_drives_the_file_in_the_same_way(tmp_path):
    text = (NETWORKS / "columns_course.py").read_text(encoding="utf-8")
    path = written(tmp_path, text.replace("np.sum(dZ, axis=1, keepdims=True) / m", "np.sum(dZ, axis=1, keepdims=True)"))
    make = "initialize_parameters(widths)"
    _, data = data_of(tmp_path, path, "--make", make, "--cost", "binary_cross_entropy")
    case = data["first_divergence"]["case"]
    options = f"--make '{make}' --cost binary_cross_entropy --case {case} --seed 1"
    assert data["rerun"] == f"python -m harness check {path} {options}"


def test_a_failure_points_to_the_line_of_the_code_and_not_to_the_adapter(tmp_path):
    text = (NETWORKS / "nielsen_columns.py").read_text(encoding="utf-8")
    body = "    def backprop(self, x, y):\n        if x.shape == (4, 1): raise ValueError('iris')\n"
    path = written(tmp_path, text.replace("    def backprop(self, x, y):\n", body))
    line = path.read_text(encoding="utf-8").splitlines().index(body.splitlines()[1]) + 1
    _, data = data_of(tmp_path, path)
    messages = {one["message"] for one in data["failures"] if one["kind"] == "exception"}
    assert messages == {f"ValueError: iris (network.py, line {line})"}
    tracebacks = [one["traceback"] for one in data["failures"]]
    assert all(one.startswith(f'  File "{path}"') for one in tracebacks)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (
            "constructor_fails",
            "constructor_fails.py: cannot be driven as it stands: Network(widths) raised FileNotFoundError: [Errno 2] "
            "No such file or directory: 'weights/trained_2019.npz'; say how the network is made, such as --make "
            f"'Network(widths)', or {BY_HAND}",
        ),
        ("no_network", "no_network.py: cannot be driven as it stands: "),
        (
            "python_2",
            "python_2.py, line 38: this is Python 2 (`print 'iteration %d' % i`); it needs Python 3: convert it, for "
            "example with 2to3 or futurize",
        ),
        (
            "rotted_import",
            "rotted_import.py, line 4: `from sklearn.cross_validation import train_test_split` fails: "
            "sklearn.cross_validation is sklearn.model_selection today; change the line",
        ),
        (
            "trains_when_imported",
            "trains_when_imported.py, line 9: it trains when it is imported, in the loop that starts here; put lines "
            "10-15, one step, into a function `def train(X, y, syn0, syn1): … return syn0, syn1`",
        ),
    ],
)
def test_what_cannot_be_driven_is_said_in_one_line(file, message):
    assert error_of(NOT_NETWORKS / f"{file}.py").startswith(message)


def test_a_message_of_theirs_is_printable(tmp_path):
    text = (NETWORKS / "nielsen_columns.py").read_text(encoding="utf-8")
    head = "    def __init__(self, sizes):\n"
    assert text.count(head) == 1
    path = written(tmp_path, text.replace(head, f"{head}        raise ValueError('\\x1b[31m' + 'red\\n' * 999)\n"))
    assert "raised ValueError: \N{REPLACEMENT CHARACTER}[31mred red" in error_of(path)


def test_a_file_may_have_any_name(tmp_path):
    text = (NETWORKS / "nielsen_columns.py").read_text(encoding="utf-8")
    done, _ = data_of(tmp_path, written(tmp_path, text, 'größe \\N"""\'{x}\x07'))
    assert done.returncode == 0


def test_every_file_without_a_network_is_tried():
    assert len([*NOT_NETWORKS.glob("*.py")]) == 5


def test_an_ambiguous_cost_is_asked_for(tmp_path):
    source = (NETWORKS / "momentum.py").read_text(encoding="utf-8")
    assert source.count("def loss(") == 1
    mute = written(tmp_path, source.replace("def loss(", "def unrelated("), "mute")  # it does not show its own cost
    assert error_of(mute) == (
        "mute.py: two readings fit its gradients: the binary cross-entropy, or half the squared error without σ' at "
        "the output; choose: --cost binary_cross_entropy or --cost half_squared_error"
    )


def test_options_that_do_not_fit_are_one_line_each(tmp_path):
    network, foreign, out = NETWORKS / "grades.py", written(tmp_path, "x = 1\n", "mine"), tmp_path / "a.py"
    other, nowhere = tmp_path / "a.txt", tmp_path / "no" / "a.py"
    itself, new = "row_matrices.py offers backprop or step itself", "expected a new file ending in .py"
    told = [
        ((network, "--make", "Network(widths"), "--make 'Network(widths': expected an expression in the names of the"),
        ((network, "--make", "Nothing(widths)"), "grades.py: cannot be driven as it stands: Nothing(widths) raised"),
        ((network, "--cost", "cross_entropi"), "unknown cost 'cross_entropi': did you mean 'cross_entropy'?"),
        ((OURS, "--cost", "cross_entropy"), "--cost cross_entropy: expected code that was not written for the"),
        ((OURS, "--write-adapter", out), f"--write-adapter {out}: {itself}"),
        ((network, "--write-adapter", network), f"--write-adapter {network}: {new}, found the file that is checked"),
        ((network, "--write-adapter", foreign), f"--write-adapter {foreign}: {new}, found a file that is no adapter"),
        ((network, "--write-adapter", other), f"--write-adapter {other}: {new}; choose"),
        ((network, "--write-adapter", nowhere), f"--write-adapter {nowhere}: {new} in a writable folder"),
    ]
    for arguments, message in told:
        assert error_of(*arguments).startswith(message)
    assert not out.exists()
    assert foreign.read_text(encoding="utf-8") == "x = 1\n"


@pytest.mark.parametrize("how", [None, signal.SIGINT])
def test_the_folder_of_the_adapter_is_removed(tmp_path, how):
    runs = tmp_path / "runs"
    runs.mkdir()
    text = (NETWORKS / "nielsen_columns.py").read_text(encoding="utf-8")
    # A network of more than four layers is in a case, and not a trial of the inference.
    sleeps = "__import__('subprocess').run(['sleep', '600'])"
    waits = f"        {sleeps} if len(self.weights) > 4 else 0\n" if how else ""
    path = written(tmp_path, text.replace("    def backprop(self, x, y):\n", f"    def backprop(self, x, y):\n{waits}"))
    command = [sys.executable, "-m", "harness", "check", str(path), "--seconds", str(PATIENCE)]
    with started(command, env=os.environ | {"TMPDIR": str(runs)}) as process:
        if how is not None:
            until(lambda: below(process, "600"))
            assert [*runs.glob(f"{RUNS}/network_adapter.py")]
            process.send_signal(how)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == (130 if how else 0), output
    assert [*runs.iterdir()] == []
