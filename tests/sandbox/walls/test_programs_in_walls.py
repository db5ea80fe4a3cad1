"""Programs in walls, in any language: a hostile one is denied what a Python file is denied, and right ones agree."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
from support.asking import (
    FIRST,
    GENEROUS,
    NEEDS_WALLS,
    SECOND,
    Asked,
    answered,
    asked,
    assert_clean,
    judged,
    small_walls,
    written,
)
from support.commands import ROOT

from harness.sandbox.processes.server import Server
from harness.sandbox.processes.walls import walls_for
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER, implementation_of
from harness.sandbox.sources.toolchains import language_of

pytestmark = NEEDS_WALLS
# It repeats an echo, and answers a request with what the shell says of a command.
SHELL = """
while read -r line; do
  case $line in
    *'"hello"'*) echo '{"hello": 1, "offers": ["backprop"]}' ;;
    *'"echo"'*) printf '%s\\n' "$line" ;;
    *)
      id=${line#*'"backprop": "'}; id=${id%%'"'*}
      said=$( { COMMAND
      } 2>&1 | head -n 1 | tr -d '"\\\\')
      printf '{"id": "%s", "error": "it said: %s"}\\n' "$id" "$said" ;;
  esac
done
"""
DENIED_TO_PROGRAMS = {
    "kill the harness": ("kill -9 {harness}", "No such process"),
    "stop the fork server": ("kill -STOP {server}", "No such process"),
    "read the environment of the harness": ("cat /proc/{harness}/environ", "No such file"),
    "write into the clone": ("echo > {root}/harness/x.py", "cannot create"),
    "write beside itself": ("echo > {folder}/x", "Read-only file system"),
    "read the harness": ("cat {root}/harness/truth/certify.py", "No such file"),
    "read another submission": ("cat {other}/net.py", "No such file"),
    "connect to this machine": ("bash -c 'echo > /dev/tcp/127.0.0.1/{port}'", "Connection refused"),
    "fill the temporary folder": ("head -c 16777216 /dev/zero > $TMPDIR/x", "No space left on device"),
    "fill the shared memory": ("head -c 16777216 /dev/zero > /dev/shm/x", "No space left on device"),
    "mount again": ("mount -t tmpfs none /mnt", "mount: /mnt: "),
    "get other namespaces": ("unshare --user true", "unshare failed"),
    "see other processes": ("ls -d /proc/[0-9][0-9][0-9]*", "No such file"),
}


def program(server, path):
    """A shell script as a command, to be asked."""
    return Asked(server, implementation_of(["sh", str(path)]), GENEROUS)


@pytest.fixture(scope="module")
def walled():
    with Server(walls=small_walls()) as server:
        yield server


@pytest.mark.parametrize("name", DENIED_TO_PROGRAMS)
def test_what_a_program_tries_is_denied_and_said(walled, tmp_path, name):
    command, reason = DENIED_TO_PROGRAMS[name]
    if (tool := command.split()[0]) != "echo" and shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here")
    written(tmp_path / "other", "net.py", "secret = 1")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = {"harness": os.getpid(), "server": walled.pid, "root": ROOT, "folder": tmp_path / "own"}
        port = listening.getsockname()[1]
        command = command.format(**told, other=tmp_path / "other", port=port)
        script = written(tmp_path / "own", "net.sh", SHELL.replace("COMMAND", command))
        with program(walled, script) as one:
            refusal = answered(one, FIRST).refusal
    assert refusal.detail.startswith("it said: ")
    assert reason in refusal.detail
    assert_clean(walled)


def test_a_daemon_of_a_program_ends_with_it(walled, tmp_path):
    script = written(tmp_path, "net.sh", SHELL.replace("COMMAND", "setsid sleep 600 >/dev/null 2>&1 &"))
    with program(walled, script) as one:
        assert answered(one, FIRST).refusal.detail.startswith("it said:")
    assert_clean(walled)


def test_a_fork_bomb_of_a_program_costs_its_own_case(walled, tmp_path):
    script = written(tmp_path, "net.sh", SHELL.replace("COMMAND", "b() { b | b & }; b; wait; sleep 60"))
    with program(walled, script) as one:
        refusal = answered(one, FIRST).refusal
    assert (refusal.kind, refusal.detail) == ("processes", "it started more than 40 processes")
    assert_clean(walled)


def test_what_one_program_builds_no_other_uses(tmp_path):
    """In walls, what a compiler wrote is gone with the worker; the user's cache stays as it was."""
    cache = tmp_path / "cache"
    cache.mkdir()
    source = IMPLEMENTATIONS_FOLDER / "c_flat_arrays.c"
    if why := language_of(source).missing:
        pytest.skip(why)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        with Server(walls=walls_for("on")) as server, asked(server, Path(shutil.copy(source, tmp_path))) as one:
            assert judged(one, FIRST).verdict == "agrees"
    assert not [*cache.iterdir()]


@pytest.fixture(scope="module")
def in_a_class():
    """A server whose walls hide the home, too, as for the submissions of a class."""
    hidden = (*map(str, (Path.home(), "/home", "/root", "/mnt", "/media", "/srv", "/var")),)
    with Server(walls=walls_for("on", hidden=hidden)) as server:
        yield server


NAMES = ("matrices.py", "c_flat_arrays.c", "javascript_loops.js", "java_neurons.java", "rust_iterators.rs")


@pytest.mark.parametrize("name", [*NAMES, "torch_autograd.py", "octave_course.m"])
def test_right_code_agrees_in_walls(in_a_class, tmp_path, name):
    source = IMPLEMENTATIONS_FOLDER / name
    language = language_of(source)
    if language is not None and language.missing:
        pytest.skip(language.missing)
    copied = Path(shutil.copy(source, tmp_path))
    for path in (source, copied):
        with asked(in_a_class, path) as one:
            assert {judged(one, case).verdict for case in (FIRST, SECOND)} == {"agrees"}
    assert_clean(in_a_class)
