"""The folders of what is built, in the user's cache, and their removal.

A process that uses a folder holds a shared lock on it until it ends; one that removes it holds an exclusive lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from harness.sandbox.processes.folders import lock_folder

DAY = 86_400.0  # seconds
UNUSED_SECONDS, UNFINISHED_SECONDS = 30 * DAY, DAY
UNFINISHED = ".unfinished"  # the end of a folder's name


def cache_folder() -> Path:
    """The folder of all builds. A relative XDG_CACHE_HOME is ignored, as its specification says."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (root if root.is_absolute() else Path.home() / ".cache") / "gradproof" / "built"


def use(folder: Path) -> bool:
    """Keep a folder from being removed until this process ends; False if there is none."""
    try:
        lock_folder(str(folder))
        os.utime(folder)
    except OSError:
        return False
    return True


def make_unfinished(cache_folder: Path) -> Path:
    """A new folder, which is kept until this process ends. Raises OSError."""
    cache_folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(suffix=UNFINISHED, dir=cache_folder))
    use(folder)
    return folder


def finish(fresh: Path, folder: Path) -> bool:
    """Give a new folder its name, and use it, or the one that another process has built; False if neither can be."""
    with suppress(OSError):  # there is another one
        fresh.rename(folder)
    if not use(folder):
        return False
    shutil.rmtree(fresh, ignore_errors=True)
    return True


def remove_old(cache_folder: Path) -> None:
    """Remove the builds that nothing has used for 30 days, and what ended builds have left for a day."""
    with suppress(OSError):
        for folder in cache_folder.iterdir():
            with suppress(OSError):  # it is in use, or another process removes it
                if _is_old(folder):
                    _remove(folder)


def _is_old(folder: Path) -> bool:
    limit = UNFINISHED_SECONDS if folder.name.endswith(UNFINISHED) else UNUSED_SECONDS
    return time.time() - folder.stat().st_mtime > limit


def _remove(folder: Path) -> None:
    """Remove a folder that no process uses. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_old(folder):  # it was used before the lock
            return
        doomed = folder.with_name(f"{folder.name.removesuffix(UNFINISHED)}{UNFINISHED}")
        folder.rename(doomed)  # so that no part of it is used if this process is killed
        shutil.rmtree(doomed, ignore_errors=True)
    finally:
        os.close(fd)
