"""What a submission sees in walls: its own folder, not what is hidden around it or in it; and what is said of walls."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support.asking import FIRST, NEEDS_WALLS, SECOND, answered, asked, assert_clean, inside, misbehaving, written
from support.commands import ROOT, completed, until
from support.running import RIGHT

from harness.model.errors import UnusableInput
from harness.sandbox.processes import walls
from harness.sandbox.processes.folders import PREFIX
from harness.sandbox.processes.server import Server

XOR = ("--case", "xor-2-1-sigmoid*")
LISTS = """
def listed(path):
    try: return sorted(os.listdir(path))
    except OSError as error: return type(error).__name__
"""


def seen(given, path, folders):
    """What a file at this path sees in each of these folders, in these walls."""
    body = f"import json; raise ValueError(json.dumps([listed(one) for one in {[*map(str, folders)]!r}]))"
    path.write_text(path.read_text(encoding="utf-8") + LISTS + misbehaving(body), encoding="utf-8")
    with Server(walls=given) as server:
        with asked(server, path) as one:
            said = answered(one, FIRST).refusal.detail
            assert answered(one, SECOND).refusal is None
        assert_clean(server)
    return json.loads(re.search(r"\[.*\]", said)[0])


@NEEDS_WALLS
def test_what_is_shown_in_what_is_hidden_in_what_is_shown(tmp_path):
    student = tmp_path / "class" / "student"
    path = written(student, "net.py", "import beside\nfrom package.inner import kept\n")
    written(student, "beside.py", "")
    written(student / "package", "inner.py", "kept = 1\n")
    written(student / "answers" / "open", "data.csv", "1,2\n")
    written(student / "answers", "right.py", "")
    written(tmp_path / "class" / "other", "net.py", "")
    given = walls.walls_for("on", hidden=[str(tmp_path), str(student / "answers")], apart=[str(tmp_path / "class")])
    given = replace(given, shown=(*given.shown, str(student / "answers" / "open")))
    folders = [tmp_path / "class", student, student / "answers", student / "answers" / "open"]
    assert seen(given, path, folders) == [
        ["student"],
        ["answers", "beside.py", "net.py", "package"],
        ["open"],
        ["data.csv"],
    ]


@NEEDS_WALLS
def test_files_of_a_folder_of_submissions_are_seen_alone(tmp_path):
    path = written(tmp_path / "class", "alice.py", "")
    written(tmp_path / "class", "bob.py", "")
    given = walls.walls_for("on", apart=[str(tmp_path / "class")])
    assert seen(given, path, [tmp_path / "class"]) == [["alice.py"]]


@NEEDS_WALLS
def test_of_a_folder_of_submissions_a_submission_sees_all_of_its_own(tmp_path):
    path = written(tmp_path / "class" / "alice" / "code" / "nets", "net.py", "")
    written(tmp_path / "class" / "alice" / "data", "table.csv", "")
    written(tmp_path / "class" / "bob" / "code", "net.py", "")
    given = walls.walls_for("on", apart=[str(tmp_path / "class")])
    folders = [tmp_path / "class", tmp_path / "class" / "alice", tmp_path / "class" / "alice" / "data"]
    assert seen(given, path, folders) == [["alice"], ["code", "data"], ["table.csv"]]


@NEEDS_WALLS
def test_a_file_in_the_temporary_folder_sees_its_neighbours_but_no_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = written(tmp_path, "net.py", "import beside\n")
    written(tmp_path, "beside.py", "")
    written(tmp_path / f"{PREFIX}other" / "1", "answer.txt", "")
    [names] = seen(walls.walls_for("on"), path, [tmp_path])
    assert {*names} >= {"beside.py", "net.py"}
    own = [name for name in names if name.startswith(PREFIX)]
    assert len(own) == 1
    assert own != [f"{PREFIX}other"]


@NEEDS_WALLS
def test_a_repository_is_seen_whole(tmp_path):
    path = written(tmp_path / "repository" / "code" / "nets", "net.py", "")
    written(tmp_path / "repository", "pyproject.toml", "")
    written(tmp_path / "elsewhere", "net.py", "")
    assert seen(walls.walls_for("on"), path, [tmp_path, tmp_path / "repository"]) == [
        ["repository"],
        ["code", "pyproject.toml"],
    ]


@NEEDS_WALLS
def test_the_implementations_do_not_see_each_other(tmp_path):
    """Nor does a file in the clone see anything else of it."""
    path = ROOT / "implementations" / f"looks_around_{os.getpid()}.py"
    path.write_text("", encoding="utf-8")
    try:
        found = seen(walls.walls_for("on"), path, [ROOT, ROOT / "implementations"])
    finally:
        path.unlink()
    in_clone, beside = found
    environment = Path(sys.prefix)
    shown = {environment.relative_to(ROOT).parts[0]} if environment.is_relative_to(ROOT) else set()
    assert {*in_clone} == {"implementations"} | shown
    assert beside == [path.name]


@NEEDS_WALLS
def test_if_the_holder_of_its_namespaces_is_killed_its_case_has_failed(tmp_path):
    path = written(tmp_path, "net.py", misbehaving("time.sleep(600)"))
    with Server(walls=walls.walls_for("on")) as server, asked(server, path) as one:
        one.pool.add(one.submission, [request(one)])
        until(lambda: one.pool.poll() or any(process.name() == "bwrap" for process in inside(server)))
        until(lambda: one.pool.poll() or one.submission.was_loaded)
        for process in inside(server):
            if process.is_running() and process.name() == "bwrap":
                process.kill()
        [done] = one.pool.outcomes()
        assert done.answers["backprop"].refusal.detail == "the process ended: killed by SIGKILL"
        assert answered(one, SECOND).refusal is None


def request(one):
    """A request of the first case."""
    from harness.sandbox.requests import contract_request

    assert one.submission is not None
    return contract_request(None, ("backprop",), FIRST.build(1), FIRST.learning_rate)


# A bwrap in the first folder of PATH, or none, and what is found.
MISSING = {
    "none": ("", "found: no bwrap; apt install bubblewrap"),
    "no rights": (
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n",
        "found: bwrap: No permissions to create new namespace; apt install bubblewrap",
    ),
    "an old one": (
        "#!/bin/sh\necho 'bwrap: Unknown option --disable-userns' >&2\nexit 1\n",
        "found: bwrap: Unknown option --disable-userns; apt install bubblewrap (0.8 or later)",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the reason is another one")
@pytest.mark.parametrize("name", MISSING)
def test_where_there_are_no_walls_it_is_said_and_auto_goes_on(tmp_path, name):
    text, found = MISSING[name]
    if text:
        written(tmp_path / "bin", "bwrap", text).chmod(0o755)
    path = written(tmp_path, "net.py", f"{RIGHT}\nbackprop = right\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": str(tmp_path / "bin")}
    check = [sys.executable, "-m", "harness", "check", str(path), *XOR, "--walls"]
    refused = completed([*check, "on"], env=environment)
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: --walls on: expected bubblewrap to make namespaces, ")
    assert found in refused.stderr
    assert refused.stderr.count("\n") == 1
    for choice in ("auto", "off"):
        assert completed([*check, choice], env=environment).returncode == 0


def test_the_walls_are_described_in_one_line(monkeypatch):
    assert walls.described(None).startswith("Walls: none")
    if not walls.problem():
        assert re.match(r"Walls: bubblewrap [\d.]+: no network, .*$", walls.described(walls.walls_for("on")))
    monkeypatch.setattr(walls, "problem", lambda: "no bwrap")
    assert walls.described(walls.walls_for("auto")) == "Walls: none (no bwrap)"
    with pytest.raises(UnusableInput, match="found: no bwrap"):
        walls.walls_for("on")


@NEEDS_WALLS
def test_a_check_leaves_nothing_behind(tmp_path):
    """The command, with walls, on a file that leaves a daemon."""
    daemon = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\n    os._exit(0)\n"
    path = written(tmp_path, "net.py", f"{RIGHT}\n{daemon}\nbackprop = right\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = completed([sys.executable, "-m", "harness", "check", str(path), *XOR, "--walls", "on"], env=environment)
    assert done.returncode == 0
    assert not [*tmp_path.glob(f"{PREFIX}*")]
    assert not [one for one in psutil.process_iter(["cwd"]) if str(tmp_path) in str(one.info["cwd"])]
