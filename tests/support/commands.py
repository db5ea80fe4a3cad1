"""Commands in processes of their own, run to their end or interrupted."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import psutil

from harness.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds for what must happen, however busy the machine; only a failing test waits so long


def harness(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """A command of the harness, run to its end."""
    return completed([sys.executable, "-m", "harness", *map(str, arguments)], cwd=cwd)


def in_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """What a command says that needs no process of its own, since it starts none."""
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors, chdir(ROOT):
        try:
            status = main([*map(str, arguments)])
        except SystemExit as end:  # from argparse
            status = int(end.code or 0)
    return subprocess.CompletedProcess([*arguments], status, output.getvalue(), errors.getvalue())


def completed(command: Sequence[str], cwd: Path = ROOT, **options: Any) -> subprocess.CompletedProcess[str]:
    """Any command, run to its end, with its output as text."""
    pipes = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": PATIENCE}
    return subprocess.run(command, cwd=cwd, check=False, **pipes, **options)


@contextmanager
def started(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A command while it runs; whatever becomes of the test, the process is ended and its pipes are closed."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def until(found: Callable[[], Any]) -> Any:
    """Wait until something is there; what it is."""
    deadline = time.monotonic() + PATIENCE
    while not (one := found()):
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s in vain"
        time.sleep(0.01)
    return one


def is_running(pid: int | str) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        return psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def below(process: subprocess.Popen[str], argument: str | None = None) -> list[psutil.Process]:
    """The processes that a process has started, and those that these have; if `argument` is given, those with it."""
    try:
        found = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return [one for one in found if argument is None or argument in _arguments(one)]


def _arguments(process: psutil.Process) -> list[str]:
    """The command line of a process; none when it ended after it was listed."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
