"""Query and end processes: their children, their state and their memory."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path

# prctl(2): signal the child when its parent dies; become the parent of orphaned descendants.
PARENT_DEATH_SIGNAL, CHILD_SUBREAPER = 1, 36


def kill_group(pid: int) -> None:
    """Kill a process and its group; if it does not lead a group yet, kill it alone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def control(option: int, value: int) -> None:
    """Call prctl(2) on Linux; do nothing elsewhere."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value)


def end_children(but: Collection[int] = ()) -> None:
    """Kill all children of this process except `but`, and the orphans that become its children on the way."""
    while children := [one for one in _children(os.getpid()) if one not in but]:
        for child in children:
            kill_group(child)
        # In any order: the first process of a PID namespace ends after the others.
        if not sum(map(_has_been_reaped, children)):
            time.sleep(0.0005)


def _has_been_reaped(child: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(child, os.WNOHANG)[0] == child
    return True


def running_children(pid: int) -> list[int]:
    """The children of a process that have not ended; empty without /proc."""
    return [child for child in _children(pid) if not _has_ended(child)]


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        tasks = os.listdir(f"/proc/{pid}/task")
        return [int(child) for task in tasks for child in _words(f"/proc/{pid}/task/{task}/children")]
    return []


def _has_ended(pid: int) -> bool:
    with contextlib.suppress(OSError):
        # The state comes after the name in parentheses, which may contain any characters.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "Z"
    return True


def _words(path: str) -> list[bytes]:
    with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:
        return file.read().split()
    return []


def running_descendants(pid: int) -> list[int]:
    """The children of a process, their children and so on that have not ended; empty without /proc."""
    found = running_children(pid)
    for one in found:  # which grows
        found += running_children(one)
    return found


def usage(pid: int, most: float) -> tuple[int, int]:
    """The number of the descendants of a process, and their resident memory in bytes; both 0 without /proc.

    They are counted until there are more than `most`; those that have ended count until their parents have noticed it.
    """
    found, memory = _children(pid), 0
    for count, one in enumerate(found, start=1):  # which grows
        memory += resident(one)
        if count > most:
            break
        found += _children(one)
    return len(found), memory


def resident(pid: int) -> int:
    """Resident memory of a process alone, in bytes."""
    if pages := _words(f"/proc/{pid}/statm"):
        return int(pages[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "linux":  # the process has ended
        return 0
    import psutil

    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
