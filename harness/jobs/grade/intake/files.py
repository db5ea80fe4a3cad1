"""The files of a submission, read into memory within limits: of a folder, of an archive, or one file.

Links, devices and pipes are not read, and no name leads out of the submission.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from harness.model.errors import UnusableInput

MOST_FILES, MOST_BYTES = 500, 20 * 2**20  # of a submission
MOST_MEMBERS = 100_000  # of an archive, whatever they are
LATEST = 2.0**33  # seconds since 1970: a later time is none
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
NOTEBOOK = ".ipynb"
_SKIPPED = ("__MACOSX", "__pycache__", "node_modules")
Files = dict[str, bytes]  # by their paths in the submission, with /


class Unreadable(Exception):
    """A submission that cannot be read, and why, in a few words."""


def submitted_files(paths: Iterable[Path], called: Iterable[str]) -> tuple[Files, tuple[str, ...]]:
    """The files at these paths, of which each was `called` so when it was handed in, and the names of archives that
    were unpacked. Raises Unreadable."""
    found: Files = {}
    archives = []
    try:
        for path, name in zip(paths, called, strict=True):
            more = _folder_files(path) if path.is_dir() and not path.is_symlink() else _read_file(path, name)
            if len(more) == 1 and next(iter(more)).lower().endswith(ARCHIVES):
                archives += [*more]
                more = _files_of_archive(more)
            found |= more
            _check_size(found.values())
    except OSError as error:
        raise Unreadable(f"{error.strerror or error}") from None
    return _without_common_folder(found), tuple(archives)


def _check_size(contents: Iterable[bytes]) -> None:
    sizes = [len(content) for content in contents]
    if len(sizes) > MOST_FILES:
        raise Unreadable(f"more than {MOST_FILES} files")
    if sum(sizes) > MOST_BYTES:
        raise Unreadable(f"more than {MOST_BYTES // 2**20} MiB")


def _read_file(path: Path, name: str) -> Files:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("a link" if stat.S_ISLNK(status.st_mode) else "no ordinary file")
    if status.st_size > MOST_BYTES:
        raise Unreadable(f"more than {MOST_BYTES // 2**20} MiB")
    return {name: path.read_bytes()}


def _folder_files(folder: Path) -> Files:
    found: Files = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_kept(name))
        for name in sorted(filter(_is_kept, names)):
            path = Path(parent, name)
            if stat.S_ISREG(path.lstat().st_mode):  # links lead elsewhere
                found |= _read_file(path, path.relative_to(folder).as_posix())
                _check_size(found.values())
    return found


def _is_kept(name: str) -> bool:
    return not name.startswith(".") and name not in _SKIPPED


def _files_of_archive(files: Files) -> Files:
    """The files of an archive."""
    [(name, content)] = files.items()
    found: Files = {}
    for member in _members(BytesIO(content), name):
        found[member.path.as_posix()] = member.content
        _check_size(found.values())
    return found


@dataclass(frozen=True)
class _Member:
    """A file in an archive, and when it was written, in seconds since 1970."""

    path: PurePosixPath
    content: bytes
    time: float


def unpacked_to(folder: Path, archive: Path) -> Path:
    """Write the files of an archive into a folder, with their times; the folder that has them all, which may lie in it.

    Raises UnusableInput if the archive cannot be read.
    """
    try:
        with open(archive, "rb") as opened:
            for member in _members(opened, archive.name, is_strict=False):
                # What cannot be written belongs to one student, who then has no such file.
                with suppress(FileExistsError, NotADirectoryError, IsADirectoryError, ValueError):
                    path = folder / member.path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(member.content)
                    os.utime(path, (member.time, member.time))
    except (OSError, Unreadable) as error:
        expected = "expected an archive with a submission of each student"
        raise UnusableInput(f"{archive}: {expected}, found: {error}") from None
    entries = [path for path in folder.iterdir() if _is_kept(path.name)]
    while len(entries) == 1 and entries[0].is_dir():
        folder = entries[0]
        entries = [path for path in folder.iterdir() if _is_kept(path.name)]
    return folder


def _members(archive: IO[bytes], name: str, *, is_strict: bool = True) -> Iterator[_Member]:
    """The ordinary files in an archive, each cut off after MOST_BYTES. Raises Unreadable.

    Where it is not strict, names that lead out of it are left out, and a file may be too large, which is seen later.
    """
    try:
        for written, size, moment, opened in _opened_members(archive, name):
            path = PurePosixPath(written.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts:
                if not is_strict:
                    continue
                raise Unreadable(f"the archive has the name {written}, which leads out of it")
            if not path.parts or not all(map(_is_kept, path.parts)):
                continue
            if size > MOST_BYTES and is_strict:
                raise Unreadable(f"{written} has more than {MOST_BYTES // 2**20} MiB")
            yield _Member(path, opened.read(MOST_BYTES + 1), moment if 0 <= moment <= LATEST else 0.0)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise Unreadable(f"no archive that can be read: {error}") from None
    except Exception as error:  # a damaged stream raises what its codec raises
        if isinstance(error, (Unreadable, OSError)):
            raise
        raise Unreadable(f"no archive that can be read: {error}") from None


def _opened_members(archive: IO[bytes], name: str) -> Iterator[tuple[str, int, float, IO[bytes]]]:
    """The name, the size, the time and the content of each ordinary file in an archive."""
    if name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir() and stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG):
                    with zipped.open(info) as opened:
                        yield info.filename, info.file_size, _time_of(info), opened
        return
    with tarfile.open(fileobj=archive) as packed:
        for number, member in enumerate(packed):
            if number > MOST_MEMBERS or (member.size > MOST_BYTES and not member.isfile()):
                raise Unreadable("the archive has more in it than a submission may have")
            if member.isfile() and (content := packed.extractfile(member)) is not None:
                yield member.name, member.size, float(member.mtime), content


def _time_of(info: zipfile.ZipInfo) -> float:
    try:
        return datetime(*info.date_time).timestamp()
    except (ValueError, OverflowError):  # a date of zeros
        return 0.0


def _without_common_folder(files: Files) -> Files:
    """The files without a folder that all of them are in, as archives often have one."""
    while files and all("/" in name for name in files) and len({name.partition("/")[0] for name in files}) == 1:
        files = {name.partition("/")[2]: content for name, content in files.items()}
    return files
