"""A digest of all that a build depends on: the compiler, its options, and the files that it reads."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.sandbox.sources.toolchains import Language, with_places

MOST_ENTRIES = 10_000  # of the folders that are searched for source files
UNLISTED = b"incbin"  # the directive of an assembler that reads a file, which no compiler lists


def build_digest(language: Language, file: Path) -> str:
    """The digest of a build of this source file; empty if it is not known what the compiler reads.

    The compiler is asked for the files each time, because a new file may take the place of one that it read before.
    """
    parts = _listed_files(language, file) if language.lists else _sources_below(file.parent, language.suffixes)
    if parts is None:
        return ""
    digest = hashlib.sha256()
    for part in (*language.build, platform.system(), platform.machine(), *_compiler(language, file.parent)):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    for path in dict.fromkeys([file, *parts]):
        content = _content(path)
        if (content is None and language.lists) or UNLISTED in (content or b""):
            return ""
        digest.update(os.fsencode(path) + b"\0" + (b"" if content is None else hashlib.sha256(content).digest()))
    return digest.hexdigest()[:24]


def _compiler(language: Language, folder: Path) -> Iterator[str]:
    """What identifies the compiler that is used in a folder."""
    path = Path(shutil.which(language.needs) or language.needs).resolve()
    status = path.stat()
    yield from (str(path), str(status.st_mtime_ns), str(status.st_size))
    yield _run([language.needs, "--version"], folder).stdout.decode(errors="replace")  # a wrapper may choose another


def _listed_files(language: Language, file: Path) -> list[Path] | None:
    """The files that the compiler lists as read; None if it cannot."""
    done = _run(with_places(language.lists, file, file.parent), file.parent)
    if done.returncode != 0:
        return None
    rules = [line.removesuffix(":") for line in os.fsdecode(done.stdout).splitlines() if line.endswith(":")]
    return [file.parent / re.sub(r"\\([ #\\])", r"\1", rule.replace("$$", "$")) for rule in rules]


def _sources_below(folder: Path, suffixes: Sequence[str]) -> list[Path] | None:
    """The files with these suffixes in a folder and below it; None if there is too much to search."""
    found, entries = list[Path](), 0
    for parent, folders, names in os.walk(folder, followlinks=True):
        entries += len(folders) + len(names)
        if entries > MOST_ENTRIES:
            return None
        folders[:] = [name for name in folders if not name.startswith(".")]  # no package has such a name
        found += [Path(parent, name) for name in names if name.endswith(tuple(suffixes))]
    return sorted(found)


def _content(path: Path) -> bytes | None:
    """The content of a file; None if it cannot be read."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
