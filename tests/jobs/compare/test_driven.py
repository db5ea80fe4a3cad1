"""`compare` and `train` of code that was not written for the contract: an implementation like any other."""

from __future__ import annotations

import csv

import pytest
from support.checking import SUBMISSIONS
from support.commands import harness

NETWORKS = SUBMISSIONS / "as_they_stand"
NIELSEN = NETWORKS / "nielsen_columns.py"
TORCH_LIKE = "Sequential(*map(Dense, widths, widths[1:]))"
ONE_LAYER = "iris-4-3-sigmoid-batch8,iris-4-5-3-sigmoid-batch8"
PRINTED = "nielsen_columns.py, driven as it stands:\n  made by: Network(widths)\n"


def written(folder, text, name):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def rows_in(folder):
    with (folder / "data" / "results.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_networks_stand_in_the_tables_beside_implementations(tmp_path):
    text = (NETWORKS / "sequential_sgd.py").read_text(encoding="utf-8")
    declared = written(tmp_path, f"{text}\nMAKE = {TORCH_LIKE!r}\n", "declares")
    wrong = NIELSEN.read_text(encoding="utf-8").replace("return sigmoid(z) * (1 - sigmoid(z))", "return z * (1 - z)")
    only = f"row_matrices,{NIELSEN},{declared},{written(tmp_path, wrong, 'mistaken')}"
    done = harness("compare", "--only", only, "--case", ONE_LAYER, "--reports", tmp_path / "reports")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count(", driven as it stands:") == 3
    assert done.stdout.startswith(PRINTED)
    assert f"declares.py, driven as it stands:\n  made by: {TORCH_LIKE}\n" in done.stdout
    rows = [row for row in rows_in(tmp_path / "reports") if row["verdict"] != "unsupported"]
    assert {row["implementation"] for row in rows} == {"row_matrices", "nielsen_columns", "declares", "mistaken"}
    assert {row["implementation"] for row in rows if row["verdict"] != "agrees"} == {"mistaken"}
    assert {row["verdict"] for row in rows} == {"agrees", "wrong"}
    page = (tmp_path / "reports" / "implementations" / "declares.md").read_text(encoding="utf-8")
    assert "## Driven as it stands" in page
    assert f"- made by: {TORCH_LIKE}" in page.replace("\\", "")


def test_make_is_for_paths_that_do_not_offer_the_contract():
    path = NETWORKS / "sequential_sgd.py"
    done = harness("compare", "--only", f"row_matrices,{path}", "--make", TORCH_LIKE, "--case", "iris-4-3-sigmoid-*")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"sequential_sgd.py, driven as it stands:\n  made by: {TORCH_LIKE}\n")
    assert "row_matrices.py" not in done.stdout


def test_a_network_is_trained(tmp_path):
    arguments = ("--only", NIELSEN, "--course", "iris-4-3-online", "--epochs", "4", "--reports", tmp_path)
    done = harness("train", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(PRINTED)
    assert "1 of 1 run is explained" in done.stdout or "1 of 1 runs are explained" in done.stdout
    again = harness("train", *arguments)
    assert "epochs are there from before" in again.stdout


@pytest.mark.parametrize("command", ["compare", "train"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--only", "row_matrices", "--make", "Network(widths)"),
            "--make 'Network(widths)': expected in --only a path whose code was not written for the contract, found",
        ),
        (("--only", "row_matrices", "--cost", "cross_entropy"), "--cost cross_entropy: expected in --only a path"),
        (("--only", NIELSEN, "--cost", "half"), "unknown cost 'half': known: binary_cross_entropy, "),
        (("--only", NIELSEN, "--make", "Network("), "--make 'Network(': expected an expression in the names of the"),
        (("--only", NIELSEN, "--make", "Net(widths)"), "nielsen_columns.py: cannot be driven as it stands: "),
    ],
)
def test_what_cannot_be_driven_is_one_line_before_anything_is_computed(command, arguments, message):
    done = harness(command, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
