"""What the code in a worker may see and write, where bubblewrap makes walls around it.

The worker has namespaces of its own: no network, no processes but its own, the system read-only. Some folders are
empty there; the files of its submission and what programs need are shown again. It writes to its own folder alone,
which is in memory, of a limited size, and gone with the worker.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from harness.model.errors import UnusableInput
from harness.sandbox.processes.folders import PREFIX, temporary_root
from harness.sandbox.processes.joining import problem_with
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER, PROJECT_ROOT
from harness.sandbox.sources.toolchains import languages

MEBIBYTE = 2**20
_SEPARATE = ("user", "pid", "net", "ipc", "uts")
_MOST_FOLDERS = 3  # above that of a file, in which its imports are looked for
_REPOSITORY = (".git", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
_SHARED_PREFIXES = (".cargo", ".local")  # in a home: they hold more than programs
_IS_CLONE = IMPLEMENTATIONS_FOLDER.parent == PROJECT_ROOT


@dataclass(frozen=True)
class Walls:
    """The walls around each worker.

    `hidden` are folders that are empty inside, `shown` folders and files that are there nevertheless, all by their real
    paths. A submission also sees the folder of its file. In a folder of `apart`, each file and each folder is another
    submission, of which all is seen. It can write `size` bytes, and start `processes` processes.
    """

    hidden: tuple[str, ...]
    shown: tuple[str, ...]
    apart: tuple[str, ...]
    size: int = 256 * MEBIBYTE
    processes: int = 200

    def command(self, home: str, place: str, target: Iterable[str]) -> list[str]:
        """The command of bubblewrap that makes the walls around a worker, without the program that it runs.

        `home` is the folder of the run, `place` the worker's own one in it, and `target` are arguments of its host,
        some of which are paths.
        """
        covered, own = {*self.hidden, os.path.realpath(home)}, os.path.realpath(place)
        shown = {*self.shown, *(one for path in target for one in self._of(path))} - covered
        hidden = sorted(path for path in covered if not _is_hidden(os.path.dirname(path), covered, shown))
        mounts = [(path, ["--tmpfs", path]) for path in hidden]
        mounts += [(path, ["--ro-bind-try", path, path]) for path in sorted(shown) if _is_in_any(path, covered)]
        mounts += [(own, [*self._sized, own, "--dir", f"{own}/work", "--dir", f"{own}/tmp"])]
        # What lies in a folder is mounted after it.
        parts = [part for _, mount in sorted(mounts, key=lambda one: one[0].count(os.sep)) for part in mount]
        sealed = [part for path in hidden for part in ("--remount-ro", path)]
        return [*_base_command(), *self._sized, "/dev/shm", *parts, *sealed]

    @property
    def _sized(self) -> list[str]:
        return ["--size", str(self.size), "--tmpfs"]

    def _of(self, path: str) -> Iterator[str]:
        """What is shown of a submission for an argument of its host: nothing if it is no path."""
        path = os.path.realpath(path) if os.path.isabs(path) else ""
        if os.path.isdir(path):
            yield path
        elif os.path.isfile(path):
            folder = os.path.dirname(path)
            in_runs = [str(one) for one in Path(path).parents if one.parent.name.startswith(PREFIX)]
            if in_runs:  # a submission that was written for this run, whole
                yield in_runs[-1]
            elif folder in _temporary():
                yield from _shown_in(folder)
            elif folder in (*self.hidden, *self.apart) or os.path.basename(folder).startswith(PREFIX):
                yield path
            else:
                yield _whole(folder, self.apart, self.hidden)


def walls_for(choice: str, hidden: Iterable[str] = (), apart: Iterable[str] = ()) -> Walls | None:
    """The walls of a command by its option --walls; None for none. `hidden` and `apart` are folders beside the usual.

    Raises UnusableInput if there cannot be any, and the choice is `on`.
    """
    if choice == "off" or (choice == "auto" and problem()):
        return None
    if problem():
        raise UnusableInput(
            f"--walls on: expected bubblewrap to make namespaces, found: {problem()}; apt install bubblewrap (0.8 or "
            "later), allow user namespaces, which containers may forbid, or use --walls off"
        )
    project = str(PROJECT_ROOT if _IS_CLONE else PROJECT_ROOT / "harness")
    separate = _real([str(IMPLEMENTATIONS_FOLDER), *apart])
    covered = *_temporary(), *_real([project, *hidden]), *separate
    return Walls(covered, _as_named(_of_programs()), separate)


@cache
def problem() -> str:
    """Why there cannot be walls here, in a few words; empty if there can. The first call takes 10 ms."""
    if sys.platform != "linux":
        return "no Linux"
    if not shutil.which("bwrap"):
        return "no bwrap"
    return problem_with(_base_command())


def described(walls: Walls | None) -> str:
    """Which walls there are, in one line."""
    if walls is None:
        return f"Walls: none{f' ({problem()})' if problem() else ''}"
    limits = f"{walls.size // MEBIBYTE} MiB of temporary files, {walls.processes} processes"
    return f"Walls: {_bubblewrap()}: no network, the system read-only, other submissions out of sight; {limits}"


def _bubblewrap() -> str:
    import subprocess  # only where the walls are described

    return subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()


def _base_command() -> list[str]:
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    namespaces = (f"--unshare-{kind}" for kind in _SEPARATE)
    safety = ("--disable-userns", "--die-with-parent", "--cap-drop", "ALL")
    system = ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    # To root, /proc/sys is writable without any capability.
    sealed = ("--remount-ro", "/dev", "--remount-ro", "/proc")
    return [bwrap, *namespaces, *safety, *system, *sealed]


def _temporary() -> tuple[str, ...]:
    """The folders for temporary files of all users and programs."""
    return _real([temporary_root(), "/tmp", "/var/tmp", "/run"])


def _of_programs() -> Iterator[str]:
    """The folders that Python and the compilers and interpreters on PATH need."""
    yield from (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    if site.ENABLE_USER_SITE:
        yield site.getusersitepackages()
    listed = [path for name in ("PATH", "PYTHONPATH") for path in os.environ.get(name, "").split(os.pathsep)]
    yield from (path for path in listed if os.path.isabs(path) and os.path.realpath(path) != str(PROJECT_ROOT))
    for program in (shutil.which(language.needs) for language in languages()):
        if program is not None:
            yield from _prefix_of(Path(program).resolve())
    yield os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))  # of which ~/.cargo/bin/rustc is a proxy


def _prefix_of(program: Path) -> Iterator[str]:
    """The folder in which a program is installed with what it needs."""
    folder = program.parent.parent
    if program.parent.name == "bin" and folder.name not in _SHARED_PREFIXES:
        yield str(folder)


def _whole(folder: str, apart: Collection[str], hidden: Collection[str]) -> str:
    """The folder of the submission that a folder belongs to: what lies in a folder of submissions, or else the folder
    of its packages or its repository, from which it may import."""
    ancestors = [folder, *map(str, Path(folder).parents)]
    if student := [one for one in ancestors if os.path.dirname(one) in apart]:
        return student[-1]
    found = folder
    for one in takewhile(lambda one: one not in hidden, ancestors[: 1 + _MOST_FOLDERS]):
        is_package = os.path.isfile(os.path.join(found, "__init__.py")) and os.path.dirname(found) == one
        if is_package or any(os.path.exists(os.path.join(one, name)) for name in _REPOSITORY):
            found = one
    return found


def _shown_in(folder: str) -> Iterator[str]:
    """The files and folders in a folder; those of runs that are going on, and sockets, are left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith((".", PREFIX)) and (entry.is_file() or entry.is_dir()):
                yield entry.path


def _is_hidden(folder: str, hidden: Collection[str], shown: Collection[str]) -> bool:
    """Whether a folder is out of sight, because the nearest of these that it is in is a hidden one."""
    around = [path for path in (folder, *map(str, Path(folder).parents)) if path in hidden or path in shown]
    return bool(around) and around[0] not in shown


def _is_in_any(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder.rstrip(os.sep)}{os.sep}") for folder in folders)


def _as_named(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths of those that exist, as they are named and as they are without symbolic links."""
    there = [os.path.abspath(path) for path in paths if os.path.exists(path)]
    return tuple(dict.fromkeys([*there, *map(os.path.realpath, there)]))


def _real(paths: Iterable[str]) -> tuple[str, ...]:
    """The real paths of those that exist."""
    return tuple(dict.fromkeys(os.path.realpath(path) for path in paths if os.path.exists(path)))
