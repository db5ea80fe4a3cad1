"""Temporary folders that nobody has to tidy: each is locked while a process of its run is alive, and one without a
lock, as a SIGKILL leaves it, is removed by the next run."""

from __future__ import annotations

import contextlib
import fcntl
import os

PREFIX = "gradproof-run-"
# What cannot be entered is made so; and a path may be longer than Python's own removal can follow.
_REMOVE = 'rm -rf -- "$0" 2>/dev/null || { chmod -R u+rwx -- "$0"; rm -rf -- "$0"; } 2>/dev/null'


def place() -> str:
    """The folder of temporary files."""
    return os.environ.get("TMPDIR") or "/tmp"


def make() -> tuple[str, int]:
    """A new folder, and the open file that locks it while it stays open. Raises OSError where none can be made."""
    while True:
        path = os.path.join(place(), f"{PREFIX}{os.urandom(6).hex()}")
        os.mkdir(path, 0o700)
        with contextlib.suppress(FileNotFoundError):  # another run has taken it for one that was left
            return path, locked(path)


def locked(path: str) -> int:
    """An open file that locks a folder, beside others that do. Raises OSError."""
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        if os.stat(path).st_ino == os.fstat(fd).st_ino:
            return fd
    except OSError:
        os.close(fd)
        raise
    os.close(fd)
    raise FileNotFoundError(path)


def remove(path: str) -> None:
    """Remove whatever is there, as far as it can be."""
    with contextlib.suppress(OSError):  # the usual case: it is empty
        os.rmdir(path)
        return
    with contextlib.suppress(OSError):
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", _REMOVE, path], os.environ), 0)


def sweep() -> None:
    """Remove the folders that runs have left which were killed."""
    with contextlib.suppress(OSError), os.scandir(place()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                _remove_abandoned(entry.path)


def _remove_abandoned(path: str) -> None:
    with contextlib.suppress(OSError):  # somebody holds it, or it is somebody else's
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_uid == os.getuid():
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(path)
        finally:
            os.close(fd)
