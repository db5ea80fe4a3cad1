"""Processes, their children and their memory, as the system tells of them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Collection
from pathlib import Path

# prctl(2): signal the child when its parent dies; take in the orphans of one's descendants.
PARENT_DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36


def kill_group(pid: int) -> None:
    """End a process and its group; one that is not yet the head of its group is killed alone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def control(option: int, value: int) -> None:
    """prctl, where there is such a thing."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value)


def end_children(but: Collection[int] = ()) -> None:
    """End the processes below this one that are not known: orphans come to it, and those of theirs after them."""
    while children := [one for one in _children(os.getpid()) if one not in but]:
        for child in children:
            kill_group(child)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def running_children(pid: int) -> list[int]:
    """The children of a process, without those that have ended; none where the system does not say."""
    return [child for child in _children(pid) if not _has_ended(child)]


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = os.listdir(f"/proc/{pid}/task")
        return [int(child) for task in tasks for child in _words(f"/proc/{pid}/task/{task}/children")]
    return []


def _has_ended(pid: int) -> bool:
    with contextlib.suppress(OSError):
        # The name in parentheses may hold anything, and the state comes after it.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    return True


def _words(path: str) -> list[bytes]:
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        return file.read().split()
    return []


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and of those below it, where the system tells which they are."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += running_children(one)
        total += _resident(one)
    return total


def _resident(pid: int) -> int:
    if pages := _words(f"/proc/{pid}/statm"):
        return int(pages[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "linux":  # it has ended
        return 0
    import psutil

    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
