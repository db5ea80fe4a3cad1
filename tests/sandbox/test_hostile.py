"""Files that attack the harness fail their own cases only, in every command that runs files."""

from __future__ import annotations

import csv
import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest
from support.commands import PATIENCE, ROOT, below, completed, started, until
from support.running import RIGHT

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
HOARD = "kept.append(np.ones(2**26)); __import__('time').sleep(0.1)"
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
    done = completed(command(name, path, folder), env=environment)
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
    if name == "compare":  # the other implementation has not failed
        table = (tmp_path / "reports" / "results.csv").read_text(encoding="utf-8")
        rows = [*csv.DictReader(table.splitlines())]
        assert {row["verdict"] for row in rows if row["implementation"] == "matrices"} == {"agrees", ""}


def test_train_limits_the_memory_of_a_file(tmp_path):
    path = tmp_path / "hoards.py"
    path.write_text(RIGHT + STEP.format(HOARD), encoding="utf-8")
    done = run("train", path, tmp_path)
    assert "it uses more than 0.5 GiB of resident memory" in done.stdout


def hears(process):
    """Whether it has a handler for SIGTERM: it has begun to see to its end."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)[1], 16) >> (signal.SIGTERM - 1) & 1


# When a signal comes, by what is there; the file that is being loaded starts `sleep`.
MOMENTS = {
    "at the start": hears,
    "while it prepares": below,
    "while workers start": lambda process: len(below(process)) > 1,
    "while a file is loaded": lambda process: below(process, "600"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc")
@pytest.mark.parametrize("name", ["check", "compare", "train"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_after_a_signal_there_is_no_traceback_process_or_folder(tmp_path, name, sent):
    path, loading = tmp_path / "slow.py", "import subprocess\nsubprocess.run(['sleep', '600'])\n"
    path.write_text(RIGHT + loading, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    for number, (moment, is_there) in enumerate(MOMENTS.items()):
        with started(command(name, path, tmp_path), env=environment, start_new_session=True) as process:
            until(lambda process=process, is_there=is_there: is_there(process))
            children = below(process)
            (os.killpg if number % 2 else os.kill)(process.pid, sent)
            _, said = process.communicate(timeout=PATIENCE)
        assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
        assert "Traceback" not in said, moment
        assert process.returncode == 128 + sent, moment
        assert said.startswith("interrupted") or sent != signal.SIGINT
        assert not [*tmp_path.glob(f"{folders.PREFIX}*")]


def test_the_next_run_removes_folders_of_killed_runs_but_none_in_use(tmp_path, monkeypatch):
    left = tmp_path / f"{folders.PREFIX}left"
    (left / "1" / "work").mkdir(parents=True)
    (left / "1" / "work").chmod(0)
    others = tmp_path / "of-another-program"
    others.mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    mine, lock = folders.make_run_folder()
    folders.remove_abandoned_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([Path(mine).name, others.name])
    os.close(lock)
    folders.remove_abandoned_folders()
    assert [*tmp_path.iterdir()] == [others]


def test_after_a_closed_output_there_is_no_traceback_or_folder(tmp_path):
    for arguments in ("check matrices --case xor-2-1*", "compare --only matrices --case xor-2-1*"):
        command = f"exec {sys.executable} -m harness {arguments} >&-"
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
        done = completed(["sh", "-c", command], env=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert [*tmp_path.iterdir()] == []
