"""The temporary folder of a run.

It is locked while a process of its run is alive. A folder without a lock, which a SIGKILL leaves behind, is removed by
the next run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os

PREFIX = "gradproof-run-"
# A folder may lack permissions, and a path may be too long for shutil.rmtree.
_REMOVE = 'rm -rf -- "$0" 2>/dev/null || { chmod -R u+rwx -- "$0"; rm -rf -- "$0"; } 2>/dev/null'


def temporary_root() -> str:
    """The system's folder for temporary files."""
    return os.environ.get("TMPDIR") or "/tmp"


def make_run_folder() -> tuple[str, int]:
    """Create a folder; its path, and the file descriptor that locks it until it is closed. Raises OSError."""
    while True:
        path = os.path.join(temporary_root(), f"{PREFIX}{os.urandom(6).hex()}")
        os.mkdir(path, 0o700)
        with contextlib.suppress(FileNotFoundError):  # another run has removed it before it was locked
            return path, lock_folder(path)


def lock_folder(path: str) -> int:
    """Take a shared lock on a folder; its file descriptor. Raises OSError."""
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


def remove_tree(path: str) -> None:
    """Remove a folder with all its contents, as far as permissions allow."""
    with contextlib.suppress(OSError):  # the usual case: it is empty
        os.rmdir(path)
        return
    with contextlib.suppress(OSError):
        os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", _REMOVE, path], os.environ), 0)


def remove_abandoned_folders() -> None:
    """Remove the folders of runs that were killed."""
    with contextlib.suppress(OSError), os.scandir(temporary_root()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                _remove_abandoned(entry.path)


def _remove_abandoned(path: str) -> None:
    with contextlib.suppress(OSError):  # another run holds the lock, or another user owns it
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_uid == os.getuid():
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(path)
        finally:
            os.close(fd)
