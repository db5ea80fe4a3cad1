"""What the tests of walls share: a server with walls, and a check that nothing is left of a worker."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support.asking import GENEROUS, Asked
from support.commands import until

from harness.sandbox.processes.walls import problem, walls_for
from harness.sandbox.sources.find import implementation_at

MEBIBYTE = 2**20
NEEDS_WALLS = pytest.mark.skipif(bool(problem()), reason=f"there are no walls here: {problem()}")


def small_walls(**limits):
    """Walls that hide what the commands hide, and where a limit is reached soon."""
    return replace(walls_for("on"), **{"size": 8 * MEBIBYTE, "processes": 40} | limits)


def written(folder, name, text):
    """A file of this text in a folder, which it may create."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def asked(server, path, limits=GENEROUS):
    """A file, or a program, to be asked."""
    return Asked(server, implementation_at(path), limits)


def inside(server):
    """The processes of a server's workers: all below its guardian but the fork server."""
    try:
        return [one for one in psutil.Process(server.pid).children(recursive=True) if one.ppid() != server.pid]
    except psutil.NoSuchProcess:
        return []


def is_clean(server):
    """Whether no worker, none of its processes and no folder is left."""
    return not inside(server) and not os.listdir(server.home)


def assert_clean(server):
    """Wait for that."""
    until(lambda: is_clean(server))


def seen_of(path):
    """What a program may have left in a folder, by name."""
    return sorted(one.name for one in Path(path).iterdir())
