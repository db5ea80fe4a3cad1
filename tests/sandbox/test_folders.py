"""Damage to the working folder and to the fork server by an untrusted file fails one case only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.asking import FIRST, SECOND, answered, misbehaving, submission
from support.commands import is_running

from harness.sandbox.processes import server
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits


def test_the_working_folder_is_removed_afterwards(server, tmp_path):
    with submission(server, tmp_path, misbehaving("print(os.getcwd()); return right(n, x, t)")) as one:
        answered(one, FIRST)
        folder = Path(one.output.kept.decode().splitlines()[0])
        assert folder.is_dir()
    assert not folder.exists()
    assert folder != Path.cwd()


def test_a_link_in_place_of_the_working_folder_is_not_followed(server, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    body = f"d = os.getcwd(); os.rmdir(d); os.symlink({str(precious)!r}, d); os.chdir(d); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(f"kept or kept.append(0) or None\n    {body}")) as one:
        answered(one, FIRST)
    assert (precious / "file").read_text() == "kept"


FOLDERS = {
    "removed": "import shutil; shutil.rmtree(os.getcwd()); return right(n, x, t)",
    "the one above removed": "import shutil; shutil.rmtree(os.path.dirname(os.getcwd())); return right(n, x, t)",
    "all of the run removed": "import shutil; shutil.rmtree(os.path.dirname(os.path.dirname(os.getcwd())))",
    "all of the run a file": "import shutil; d = os.path.dirname(os.path.dirname(os.getcwd())); shutil.rmtree(d); "
    "open(d, 'w').close()",
    "the next one taken": "d = os.getcwd(); n = int(d.split('/')[-2]) + 1; "
    "os.makedirs(os.path.join(os.path.dirname(os.path.dirname(d)), str(n), 'work')); os.chdir('/'); "
    "return right(n, x, t)",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_damage_to_its_working_folder_fails_one_case(tmp_path, name):
    with Server() as own, submission(own, tmp_path, misbehaving(FOLDERS[name])) as one:
        assert answered(one, FIRST).refusal is not None
        assert [answered(one, SECOND).refusal for _ in range(2)] == [None, None]
    assert not os.path.lexists(own.home)


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("above", [1, 2])
def test_later_cases_run_if_the_fork_server_is_killed_or_stopped(tmp_path, monkeypatch, sent, above):
    """And nothing outlives it: what has been left behind ends, too. The second above is the guardian of the first."""
    monkeypatch.setattr(server, "CLOSE_SECONDS", 1.0)  # of a guardian that is stopped
    note = tmp_path / "daemon"
    daemon = f"""
import signal
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open({str(note)!r}, 'a').write(f'{{os.getpid()}} ')
            os.closerange(0, 64)
            time.sleep(600)
        os._exit(0)
    os.wait()
    while not os.path.exists({str(note)!r}): time.sleep(0.001)
def above(pid):
    return int(open(f'/proc/{{pid}}/stat').read().rpartition(')')[2].split()[1])
"""
    server_of = "os.getppid()" if above == 1 else "above(os.getppid())"
    body = f"daemon(); os.kill({server_of}, signal.{sent}); time.sleep(600)"
    limits = Limits(seconds=1.5, total=120.0)
    with Server() as own, submission(own, tmp_path, daemon + misbehaving(body), limits) as one:
        refusal = answered(one, FIRST).refusal
        after = [answered(one, SECOND).refusal for _ in range(3)]
    assert after == [None] * 3
    killed = refusal.detail == "it killed or stopped the process that starts the workers"
    # A guardian that is stopped guards no more, but everything else goes on.
    assert killed or (sent == "SIGSTOP" and above == 2 and refusal.detail == "no answer within 1.5 s")
    if above == 1:
        assert not any(is_running(pid) for pid in note.read_text().split())
