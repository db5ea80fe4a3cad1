"""Files that attack the harness, in every command that runs files: they cost their own cases, with a reason."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from commands import ROOT
from running import RIGHT

from harness.sandbox.processes import folders

STEP = "def step(n, x, t, eta):\n    {}; g = right(n, x, t)\n    return n.with_parameters(" + (
    "[l.w - eta * w for l, w in zip(n.layers, g.w)], [l.b - eta * b for l, b in zip(n.layers, g.b)])\n"
)
# Pickles that run code where they are loaded, behind the lengths of every format that there has been.
PICKLES = """
import os, pickle, struct
class Run:
    def __reduce__(self): return exec, (f"open({victim!r} + '/ran_in_' + str(__import__('os').getpid()), 'w').close()",)
def attack():
    bare = pickle.dumps(([Run()], False))
    for fd in range(3, 64):
        try:
            if "socket" in os.readlink(f"/proc/self/fd/{{fd}}"):
                for message in (struct.pack("!Q", len(bare)) + bare, struct.pack("!IQ", len(bare), 0) + bare):
                    os.write(fd, message)
        except OSError: pass
"""
HOARD = "kept.append(np.ones(2**26)); __import__('time').sleep(0.3)"
PLUGIN = """
from harness.testing import parametrize_with_cases
@parametrize_with_cases({path!r})
def test_it(case): case()
"""


def command(name, path, folder):
    """A command on a file, as short as it can be."""
    if name == "plugin":
        (folder / "test_it.py").write_text(PLUGIN.format(path=str(path)), encoding="utf-8")
        return [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "test_it.py")]
    arguments = {
        "check": [str(path), "--case", "xor*"],
        "compare": ["--only", f"{path},matrices", "--case", "xor*", "--reports", str(folder / "reports")],
        "train": [
            *("--only", str(path), "--course", "iris-4-3-online", "--epochs", "3", "--fresh", "--memory", "0.5"),
            *("--reports", str(folder / "reports")),
        ],
        "prove": ["--only", f"{path},matrices"],
    }
    return [sys.executable, "-m", "harness", name, *arguments[name]]


def run(name, path, folder):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    done = subprocess.run(
        command(name, path, folder), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    assert not [*folder.glob(f"{folders.PREFIX}*")]
    return done


@pytest.mark.parametrize("name", ["check", "compare", "train", "prove", "plugin"])
def test_nothing_that_a_file_writes_is_unpickled(tmp_path, name):
    victim = tmp_path / "victim"
    victim.mkdir()
    path = tmp_path / "attacks.py"
    body = "def backprop(n, x, t):\n    attack(); return right(n, x, t)\n"
    text = PICKLES.format(victim=str(victim)) + RIGHT + body + STEP.format("attack()")
    path.write_text(text, encoding="utf-8")
    done = run(name, path, tmp_path)
    assert "malformed message" in done.stdout
    assert done.returncode == 1
    assert [*victim.iterdir()] == []
    if name == "compare":  # and it costs no other implementation anything
        table = (tmp_path / "reports" / "results.csv").read_text(encoding="utf-8")
        rows = [*csv.DictReader(table.splitlines())]
        assert {row["verdict"] for row in rows if row["implementation"] == "matrices"} == {"agrees", ""}


def test_train_limits_the_memory_of_a_file(tmp_path):
    path = tmp_path / "hoards.py"
    path.write_text(RIGHT + STEP.format(HOARD), encoding="utf-8")
    done = run("train", path, tmp_path)
    assert "it takes more than 0.5 GiB of resident memory" in done.stdout


def interruptible():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it would not be heard
    os.setsid()


def ends(name, path, folder, sent, after, *, group):
    """The status and the words of a command that is sent a signal so many seconds after its start."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    process = subprocess.Popen(
        command(name, path, folder),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    time.sleep(after)
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    if process.poll() is None:
        (os.killpg if group else os.kill)(process.pid, sent)
    _, said = process.communicate(timeout=30)
    assert not psutil.wait_procs(below, timeout=10)[1]
    return process.returncode, said


@pytest.mark.parametrize("name", ["check", "compare", "train"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_traceback_no_process_and_no_folder(tmp_path, name, sent):
    path = tmp_path / "slow.py"
    path.write_text(f"{RIGHT}\nimport time\ntime.sleep(60)\n", encoding="utf-8")
    for number, after in enumerate((0.15, 0.3, 0.6, 1.2)):
        status, said = ends(name, path, tmp_path, sent, after, group=bool(number % 2))
        assert "Traceback" not in said
        assert status == 128 + sent
        assert said.startswith("interrupted") or sent != signal.SIGINT
        assert not [*tmp_path.glob(f"{folders.PREFIX}*")]


def test_what_a_kill_leaves_is_swept_by_the_next_run_and_what_is_in_use_is_not(tmp_path, monkeypatch):
    left = tmp_path / f"{folders.PREFIX}left"
    (left / "1" / "work").mkdir(parents=True)
    (left / "1" / "work").chmod(0)
    others = tmp_path / "of-another-program"
    others.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mine, lock = folders.make()
    folders.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([Path(mine).name, others.name])
    os.close(lock)
    folders.sweep()
    assert [*tmp_path.iterdir()] == [others]


def test_a_closed_output_is_no_traceback_and_leaves_no_folder(tmp_path):
    for arguments in ("check matrices --case xor-2-1*", "compare --only matrices --case xor-2-1*"):
        command = f"exec {sys.executable} -m harness {arguments} >&-"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
        done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert [*tmp_path.iterdir()] == []
