"""Files that attack the harness, the clone, or other submissions: walls are in the way, and the reason is said."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest
from support.asking import (
    FIRST,
    GENEROUS,
    NEEDS_WALLS,
    SECOND,
    answered,
    asked,
    assert_clean,
    misbehaving,
    small_walls,
    written,
)
from support.commands import ROOT

from harness.sandbox.processes.server import Server

pytestmark = NEEDS_WALLS
LIBC = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)"
FAILED = "if result != 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))"
# What a file tries, and the exception that is said; {…} are told to it, so that it need not search.
DENIED = {
    "kill the harness": ("os.kill({harness}, 9)", "ProcessLookupError"),
    "stop the fork server": ("import signal; os.kill({server}, signal.SIGSTOP)", "ProcessLookupError"),
    "trace the harness": (f"{LIBC}; result = libc.ptrace(16, {{harness}}, 0, 0)\n    {FAILED}", "No such process"),
    "read the memory of the harness": ("open('/proc/{harness}/mem', 'rb')", "FileNotFoundError"),
    "read the environment of the harness": ("open('/proc/{harness}/environ', 'rb')", "FileNotFoundError"),
    "write into the clone": ("open('{root}/harness/x.py', 'w')", "Error: [Errno "),
    "write beside itself": ("open('{folder}/x.py', 'w')", "Read-only file system"),
    "change itself": ("open(__file__, 'a')", "Read-only file system"),
    "remove its neighbour": ("os.remove('{folder}/neighbour.txt')", "Read-only file system"),
    "read the harness": ("open('{root}/harness/truth/certify.py')", "FileNotFoundError"),
    "read the tests": ("os.listdir('{root}/tests')", "FileNotFoundError"),
    "read the history": ("os.listdir('{root}/.git')", "FileNotFoundError"),
    "import the harness by its path": (
        "import importlib.util as u; s = u.spec_from_file_location('x', '{root}/harness/truth/certify.py')\n"
        "    s.loader.exec_module(u.module_from_spec(s))",
        "FileNotFoundError",
    ),
    "read another submission": ("open('{other}/net.py')", "FileNotFoundError"),
    "write into another's folder": ("open('{other}/net.py', 'a')", "Error: [Errno "),
    "write for all to see": ("open('/tmp/x', 'w')", "Read-only file system"),
    "write into the system": ("open('/usr/x', 'w')", "Read-only file system"),
    "write into the home": ("open(os.path.expanduser('~/x'), 'w')", "Error: [Errno "),
    "connect to this machine": (
        "import socket; socket.create_connection(('127.0.0.1', {port}), 5)",
        "ConnectionRefused",
    ),
    "connect to another machine": ("import socket; socket.create_connection(('192.0.2.1', 80), 5)", "unreachable"),
    "connect to an abstract socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0{abstract}')",
        "ConnectionRefusedError",
    ),
    "fill the temporary folder": (
        "import tempfile; f = tempfile.TemporaryFile(buffering=0)\n    while True: f.write(bytes(2**20))",
        "No space left on device",
    ),
    "fill the working folder": ("open('x', 'wb').write(bytes(2**24))", "No space left on device"),
    "fill the shared memory": ("open('/dev/shm/x', 'wb').write(bytes(2**24))", "No space left on device"),
    "write among the devices": ("open('/dev/x', 'w')", "Read-only file system"),
    "make a device": ("os.mknod('x', 0o60600, os.makedev(254, 0))", "PermissionError"),
    "mount again": (
        f"{LIBC}; result = libc.mount(b'none', b'/', None, 0x1020, None)\n    {FAILED}",
        "Operation not permitted",
    ),
    "unmount what hides": (f"{LIBC}; result = libc.umount2(b'/tmp', 2)\n    {FAILED}", "Operation not permitted"),
    "get other namespaces": (f"{LIBC}; result = libc.unshare(0x10020000)\n    {FAILED}", "OSError"),
    "leave the namespaces": (
        f"{LIBC}; result = libc.setns(os.open('/proc/1/ns/pid', os.O_RDONLY), 0)\n    {FAILED}",
        "Error",
    ),
    "become another user": ("os.setuid(12345)", "Error: [Errno "),
    "change the kernel": ("open('/proc/sys/kernel/core_pattern', 'w')", "Error: [Errno "),
}


@pytest.fixture(scope="module")
def walled():
    with Server(walls=small_walls()) as server:
        yield server


def tried(server, folder, body):
    """The refusal of a file that tries this on the first case, while another submission and sockets are there."""
    own, other = folder / "own", folder / "other"
    written(own, "neighbour.txt", "here")
    written(other, "net.py", "secret = 1")
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as abstract:
        name = f"gradproof-test-{os.getpid()}"
        abstract.bind(f"\0{name}")
        abstract.listen()
        told = {"harness": os.getpid(), "server": server.pid, "root": ROOT, "folder": own, "other": other}
        text = body.format(**told, port=listening.getsockname()[1], abstract=name)
        with asked(server, written(own, "submission.py", misbehaving(text))) as one:
            refusal = answered(one, FIRST).refusal
            assert answered(one, SECOND).refusal is None
    assert_clean(server)
    return refusal


@pytest.mark.parametrize("name", DENIED)
def test_what_a_file_tries_is_denied_and_said(walled, tmp_path, name):
    body, reason = DENIED[name]
    refusal = tried(walled, tmp_path, body)
    assert refusal.verdict == "failed"
    assert refusal.kind == "exception"
    assert reason in refusal.detail
    assert (tmp_path / "own" / "neighbour.txt").read_text(encoding="utf-8") == "here"
    assert not walled.is_lost


def test_it_sees_its_own_processes_alone(walled, tmp_path):
    body = "raise ValueError([int(n) for n in os.listdir('/proc') if n.isdigit() and int(n) > 4])"
    assert tried(walled, tmp_path, body).detail.startswith("ValueError: []")


def test_to_kill_everything_kills_nothing_else(walled, tmp_path):
    """Of a process's signal to all others, the namespace's own processes are all."""
    others = written(tmp_path / "others", "submission.py", misbehaving("time.sleep(1); return right(n, x, t)"))
    kills = written(tmp_path / "own", "submission.py", misbehaving("os.kill(-1, 9); time.sleep(60)"))
    with asked(walled, kills) as one, asked(walled, others) as other:
        refusal = answered(one, FIRST).refusal
        assert answered(other, FIRST).refusal is None
    assert refusal.kind == "crash"
    assert_clean(walled)


def test_it_holds_no_files_of_the_harness(walled, tmp_path):
    """Of the files that are open there, beside the standard ones only the channel is none of its own."""
    listed = "map('/proc/self/fd/'.__add__, os.listdir('/proc/self/fd'))"
    kinds = f"{{{{os.readlink(fd).partition(':')[0] for fd in {listed} if os.path.exists(fd)}}}}"
    refusal = tried(walled, tmp_path, f"raise ValueError(sorted({kinds}))")
    assert refusal.detail.startswith("ValueError: ['/dev/null', 'pipe', 'socket']")


DAEMONS = {
    "a daemon": "subprocess.run(['sh', '-c', 'setsid sleep 600 >/dev/null 2>&1 &'])",
    "a fork of a fork": "os.fork() or (os.setsid(), os.fork() or time.sleep(600), os._exit(0))",
    "one that its worker does not know": (
        "import ctypes; ctypes.CDLL(None).prctl(36, 0); os.fork() or (os.fork() or time.sleep(600), os._exit(0)); "
        "time.sleep(0.2)"
    ),
}


@pytest.mark.parametrize("name", DAEMONS)
def test_no_process_outlives_its_worker(walled, tmp_path, name):
    refusal = tried(walled, tmp_path, f"{DAEMONS[name]}; return right(n, x, t)")
    assert refusal is None or refusal.kind == "processes"


def test_a_fork_bomb_costs_its_own_case(walled, tmp_path):
    path = written(tmp_path, "submission.py", misbehaving("while True: os.fork()"))
    with asked(walled, path, replace(GENEROUS, memory=2**40)) as one:
        refusal = answered(one, FIRST).refusal
        assert answered(one, SECOND).refusal is None
    assert refusal.kind == "processes"
    assert refusal.detail == "it started more than 40 processes"
    assert_clean(walled)


def test_the_memory_of_all_its_processes_is_limited(walled, tmp_path):
    """Also of one that has left its worker."""
    hoard = "(b'x' * (5 * 2**27), time.sleep(600))"
    leave = "import ctypes; ctypes.CDLL(None).prctl(36, 0)"
    refusal = tried(walled, tmp_path, f"{leave}; os.fork() or (os.fork() or {hoard}, os._exit(0)); time.sleep(60)")
    assert refusal.kind == "memory"
