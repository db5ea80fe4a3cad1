"""What is kept of a training: nothing is lost and nothing counted twice, whenever the program is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from harness.discover import Implementation
from harness.training.courses import courses
from harness.training.runners import PLANTED_MISTAKE, Formulation
from harness.training.store import Run, Store

ROOT = Path(__file__).resolve().parent.parent
COURSE = "iris-4-3-online"
ARGUMENTS = ["--only", "row_matrices,column_vectors", "--course", COURSE, "--epochs", "60", "--jobs", "2"]


def start(*arguments):
    command = [sys.executable, "-m", "harness", "train", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def train(*arguments):
    process = start(*arguments)
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def test_killed_at_random_points_it_comes_to_the_same_table(tmp_path):
    code, output, errors = train(*ARGUMENTS, "--reports", str(tmp_path / "at once"))
    assert (code, errors) == (0, "")
    assert "2 of 2 runs are explained by rounding after every recorded epoch: 2 runners, 1 course;" in output
    seed = random.randrange(2**32)
    moments, killed = random.Random(seed), 0
    print(f"seed {seed}")
    again = [*ARGUMENTS, "--reports", str(tmp_path / "killed")]
    kept = [0]
    for _ in range(7):
        process = start(*again)
        # Half of them anywhere, half of them while workers are at it.
        until_busy = moments.random() < 0.5
        while until_busy and process.poll() is None and len(psutil.Process(process.pid).children(recursive=True)) < 3:
            time.sleep(0.02)
        time.sleep(moments.uniform(0.0, 1.5))
        killed += process.poll() is None
        process.kill()
        process.communicate()
        kept.append(sum(len(states) for states in stored(tmp_path / "killed").values()))
        assert kept == sorted(kept)
    code, output, errors = train(*again)
    assert (code, errors) == (0, "")
    print(f"killed {killed} times; recorded epochs that were kept: {kept}")
    texts = [(tmp_path / name / "data" / "training.csv").read_bytes() for name in ("at once", "killed")]
    assert texts[0] == texts[1]
    table = pd.read_csv(tmp_path / "killed" / "data" / "training.csv")
    [course] = [one for one in courses(60) if one.id == COURSE]
    expected = {
        (runner, epoch, quantity)
        for runner in ("row_matrices", "column_vectors", PLANTED_MISTAKE.name)
        for epoch in course.recorded
        for quantity in ("weights", "loss")
    }
    assert set(zip(table["runner"], table["epoch"], table["quantity"], strict=True)) == expected
    assert len(table) == len(expected)
    for one, other in zip(stored(tmp_path / "at once").items(), stored(tmp_path / "killed").items(), strict=True):
        assert one[0] == other[0]
        assert one[1].tobytes() == other[1].tobytes()


def stored(folder):
    """The states of the first layer in every file, whole as each must be."""
    states = {}
    for path in sorted(folder.rglob("*.npz")):
        with np.load(path) as file:
            states[path.name] = file["layer1"]
    return states


def test_ctrl_c_leaves_no_process_and_one_line(tmp_path):
    # What a shell has put into the background is deaf to it, and so would be what the tests start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start("--only", "row_matrices", "--course", COURSE, "--epochs", "100000", "--reports", str(tmp_path))
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert errors == "interrupted; what is done is kept: the same command goes on from there\n"
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert list(tmp_path.rglob("*.npz"))


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("right = True\n", encoding="utf-8")
    [course] = [one for one in courses(5) if one.id == COURSE]
    inputs = course.build()
    states = tuple((np.full((3, 5), float(k)),) for k in range(3))
    return Run(Formulation(Implementation("mine", path)), course, inputs, states)


def test_a_run_is_read_as_it_was_written(run, tmp_path):
    Store(tmp_path).write(run)
    states = Store(tmp_path).read(run)
    assert [[layer.tobytes() for layer in state] for state in states] == [
        [layer.tobytes() for layer in state] for state in run.states
    ]
    assert run.epoch == 3
    assert not run.is_complete
    assert Store(tmp_path, fresh=True).read(run) == ()
    assert not list(tmp_path.rglob("*.unfinished"))


def test_what_is_kept_of_another_file_is_not_taken(run, tmp_path):
    Store(tmp_path).write(run)
    run.runner.path.write_text("right = False\n", encoding="utf-8")
    assert Store(tmp_path).read(run) == ()


def test_what_is_kept_of_another_start_is_not_taken(run, tmp_path):
    Store(tmp_path).write(run)
    run.inputs.network.layers[0].w[0, 0] += 1
    assert Store(tmp_path).read(run) == ()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "another"])
def test_what_is_damaged_is_not_taken(run, tmp_path, damage):
    Store(tmp_path).write(run)
    [path] = tmp_path.rglob("*.npz")
    content = bytearray(path.read_bytes())
    middle = content.index(b"layer1") + 200  # in the numbers, whose sum is checked
    content[middle] ^= 1
    damaged = {"cut": content[: len(content) // 2], "flipped": content, "empty": b"", "another": b"not a file of ours"}
    path.write_bytes(damaged[damage])
    assert Store(tmp_path).read(run) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--course", "iris-9"], "unknown course 'iris-9': did you mean 'iris-4-3-online'? known: breast_cancer"),
        (["--only", "row_matrixes"], "unknown implementation 'row_matrixes': did you mean 'row_matrices'?"),
        (["--only", ","], "nothing is selected: expected names or ids separated by commas, found ','"),
    ],
)
def test_unusable_input_is_one_line_and_status_2(arguments, message):
    code, output, errors = train(*arguments)
    assert (code, output) == (2, "")
    assert errors.startswith("error: " + message)
    assert errors.count("\n") == 1


def test_unusable_numbers_and_folders_are_status_2_before_anything_is_computed(tmp_path):
    (tmp_path / "training.md").write_text("mine", encoding="utf-8")
    for arguments in (["--epochs", "0"], ["--seconds", "-1"], ["--reports", str(tmp_path)]):
        code, output, errors = train(*arguments)
        assert (code, output) == (2, "")
        assert "expected" in errors
        assert "Traceback" not in errors
