"""What is kept of a training: nothing is lost and nothing counted twice, whenever the program is killed."""

from __future__ import annotations

import random
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import psutil
import pytest
from support.commands import PATIENCE, below, harness, in_process, started, until

from harness.jobs.train.courses import courses
from harness.jobs.train.runners import PLANTED_MISTAKE, Formulation
from harness.jobs.train.store import Run, Store, fingerprint
from harness.sandbox.sources.find import Implementation

COURSE = "iris-4-3-online"
EPOCHS = 20
TRAIN = [sys.executable, "-m", "harness", "train"]
ARGUMENTS = ["--only", "row_matrices,column_vectors", "--course", COURSE, "--epochs", str(EPOCHS), "--jobs", "2"]


def train(*arguments, by=harness):
    done = by("train", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_killed_at_random_points_it_comes_to_the_same_table(tmp_path):
    code, output, errors = train(*ARGUMENTS, "--reports", str(tmp_path / "at once"))
    assert (code, errors) == (0, "")
    assert "2 of 2 runs are explained by rounding after every recorded epoch: 2 runners, 1 course." in output
    seed = random.randrange(2**32)
    moments, killed = random.Random(seed), 0
    print(f"seed {seed}")
    again = [*ARGUMENTS, "--reports", str(tmp_path / "killed")]
    kept = [0]
    for number in range(5):
        with started([*TRAIN, *again]) as process:
            if number % 2:  # half of them anywhere, half of them while workers are at it
                until(lambda process=process: process.poll() is not None or len(below(process)) >= 3)
            time.sleep(moments.uniform(0.0, 0.8))
            killed += process.poll() is None
        kept.append(sum(len(states) for states in stored(tmp_path / "killed").values()))
        assert kept == sorted(kept)
    code, output, errors = train(*again)
    assert (code, errors) == (0, "")
    print(f"killed {killed} times; recorded epochs that were kept: {kept}")
    texts = [(tmp_path / name / "data" / "training.csv").read_bytes() for name in ("at once", "killed")]
    assert texts[0] == texts[1]
    table = pd.read_csv(tmp_path / "killed" / "data" / "training.csv")
    [course] = [one for one in courses(EPOCHS) if one.id == COURSE]
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
    arguments = ["--only", "row_matrices", "--course", COURSE, "--epochs", "100000", "--reports", str(tmp_path)]
    with started([*TRAIN, *arguments]) as process:
        until(lambda: list(tmp_path.rglob("*.npz")))
        children = below(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert children
    assert process.returncode == 130
    assert errors == "interrupted; what is done is kept: the same command goes on from there\n"
    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    assert list(tmp_path.rglob("*.npz"))


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("right = True\n", encoding="utf-8")
    [course] = [one for one in courses(5) if one.id == COURSE]
    inputs = course.build()
    states = tuple((np.full((3, 5), float(k)),) for k in range(3))
    runner = Formulation(Implementation("mine", path))
    return Run(runner, course, inputs, fingerprint(runner, course, inputs), states)


def today(run):
    """The run as it would be found now, with nothing kept of it yet."""
    return replace(run, fingerprint=fingerprint(run.runner, run.course, run.inputs), states=())


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
    assert Store(tmp_path).read(today(run)) == ()


def test_what_is_kept_with_another_module_beside_the_file_is_not_taken(run, tmp_path):
    Store(tmp_path).write(run)
    assert len(Store(tmp_path).read(today(run))) == 3
    (run.runner.path.parent / "helper.py").write_text("rate = 1.01\n", encoding="utf-8")
    assert Store(tmp_path).read(today(run)) == ()


def test_what_is_kept_of_another_adapter_is_not_taken(run, tmp_path):
    adapter = tmp_path / "runs" / "mine_adapter.py"
    adapter.parent.mkdir()
    adapter.write_text("HALF = True\n", encoding="utf-8")
    driven = replace(run, runner=Formulation(replace(run.runner.implementation, adapter=adapter)))
    Store(tmp_path).write(driven := replace(today(driven), states=run.states))
    assert Store(tmp_path).read(today(run)) == ()
    assert len(Store(tmp_path).read(today(driven))) == 3
    adapter.write_text("HALF = False\n", encoding="utf-8")
    assert Store(tmp_path).read(today(driven)) == ()


def test_a_file_that_is_edited_while_it_trains_is_kept_under_what_it_was(run, tmp_path):
    run.runner.path.write_text("edited = True\n", encoding="utf-8")
    Store(tmp_path).write(run)
    assert Store(tmp_path).read(today(run)) == ()


def test_what_is_kept_of_another_start_is_not_taken(run, tmp_path):
    Store(tmp_path).write(run)
    run.inputs.network.layers[0].w[0, 0] += 1
    assert Store(tmp_path).read(today(run)) == ()


def test_numbers_that_are_changed_in_the_file_are_not_taken(run, tmp_path):
    Store(tmp_path).write(run)
    [path] = tmp_path.rglob("*.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["layer1"][0, 0, 0] = np.nan
    np.savez(path, **arrays)
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
    code, output, errors = train(*arguments, by=in_process)
    assert (code, output) == (2, "")
    assert errors.startswith("error: " + message)
    assert errors.count("\n") == 1


def test_unusable_numbers_and_folders_are_status_2_before_anything_is_computed(tmp_path):
    (tmp_path / "training.md").write_text("mine", encoding="utf-8")
    for arguments in (["--epochs", "0"], ["--seconds", "-1"], ["--reports", str(tmp_path)]):
        code, output, errors = train(*arguments, by=in_process)
        assert (code, output) == (2, "")
        assert "expected" in errors
        assert "Traceback" not in errors


RIGHT = """\
calls = []


def step(network, x, t, learning_rate):
    calls.append(1)
    [layer] = network.layers
    {extra}
    a = layer.activation.f(x @ layer.w.T + layer.b)
    delta = (a - t) * a * (1 - a)
    w, b = layer.w - learning_rate * delta.T @ x, layer.b - learning_rate * delta.sum(axis=0)
    return network.with_parameters([w], [b])
"""
FILES = {
    "raises": ("if len(calls) > 200: raise ValueError('late')", "failed: stopped after epoch 1: ValueError: late"),
    "in_place": ("layer.w[:] -= 0.01", "failed: it changed its input: w of layer 1"),
    "transposed": (
        "return network.with_parameters([layer.w.T], [layer.b])",
        "failed: w after the step of layer 1 has shape",
    ),
}


@pytest.fixture(scope="module")
def asked_again(tmp_path_factory):
    """Two runs of all the files, and a third when they are mended: status and output of each."""
    folder = tmp_path_factory.mktemp("failing")
    paths = [folder / f"{name}.py" for name in FILES]
    for path in paths:
        path.write_text(RIGHT.format(extra=FILES[path.stem][0]), encoding="utf-8")
    again = ["--only", ",".join(map(str, paths)), "--course", COURSE, "--epochs", "3", "--reports", folder / "out"]
    found = [train(*again)[:2] for _ in range(2)]
    for path in paths:
        path.write_text(RIGHT.format(extra="pass"), encoding="utf-8")
    return [*found, train(*again)[:2]]


@pytest.mark.parametrize("name", FILES)
def test_what_fails_fails_again_when_it_is_asked_again(name, asked_again):
    *failing, (code, output) = asked_again
    for status, said in failing:
        assert status == 1
        assert f", {name}: {FILES[name][1]}" in said
    assert code == 0
    assert "failed" not in output


def test_a_name_of_ours_is_refused_and_nothing_trained_is_no_success(tmp_path):
    path = tmp_path / "truth.py"
    path.write_text("def step(network, x, t, learning_rate):\n    return network\n", encoding="utf-8")
    code, _, errors = train("--only", str(path), "--course", COURSE)
    assert (code, errors.count("\n")) == (2, 1)
    assert "expected a name of its own" in errors
    code, output, _ = train("--only", "finite_differences", "--course", COURSE, "--epochs", "1")
    assert code == 1
    assert "0 of 0 runs" in output
