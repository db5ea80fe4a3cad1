"""The languages of implementations: a file `languages/NAME.toml` says how a source file is built and run.

    name = "C"                     what reports call it
    suffixes = [".c"]              of its source files
    includes = [".h"]              other files that a source file may be built from (optional)
    needs = "gcc"                  the program without which nothing runs
    install = "apt install gcc"    how to get it
    build = ["gcc", "-o", "{program}", "{file}"]     (a compiled language)
    run = ["{program}"]

{file} is the source file, {stem} its name without suffix, {folder} the folder of what is built, {program} a file in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness.model.contract import Unsupported
from harness.sandbox.answers import Fault

LANGUAGES_FOLDER = Path(__file__).parent / "languages"
MOST_ERRORS = 3  # lines of a compiler's errors that are quoted


@dataclass(frozen=True)
class Skeleton:
    """How `new` makes a file to complete: the formulation `of`, with the text `right` replaced by `wrong`."""

    of: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Language:
    """A language, as its file describes it; see the module."""

    name: str
    suffixes: tuple[str, ...]
    needs: str
    install: str
    run: tuple[str, ...]
    skeleton: Skeleton
    build: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    key: str = field(default="", compare=False)

    @property
    def missing(self) -> str:
        """Why nothing in this language can run here; empty if it can."""
        return "" if shutil.which(self.needs) else f"{self.name} needs {self.needs}, which is not here: {self.install}"

    def command(self, file: Path) -> list[str]:
        """The command that runs a source file, which is built if need be.

        Raises Unsupported if the language is not here, and Fault for the compiler's errors.
        """
        if self.missing:
            raise Unsupported(self.missing)
        folder = _built(self, file) if self.build else file.parent
        return _filled(self.run, file, folder)


@cache
def languages() -> tuple[Language, ...]:
    """Every language but Python, by name."""
    return tuple(sorted(map(_read, LANGUAGES_FOLDER.glob("*.toml")), key=lambda one: one.name))


def language_of(path: Path) -> Language | None:
    """The language of a source file by its suffix; None for Python and for what is not known."""
    return next((one for one in languages() if path.suffix in one.suffixes), None)


def language_named(name: str) -> Language:
    """The language of this name, as reports show it. Raises KeyError."""
    return {one.name: one for one in languages()}[name]


def _read(path: Path) -> Language:
    import tomllib  # a check of a Python file does not need it

    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    skeleton = Skeleton(**found.pop("skeleton"))
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    return Language(skeleton=skeleton, key=path.stem, **plain)


def _filled(command: Sequence[str], file: Path, folder: Path) -> list[str]:
    """A command with its places filled in."""
    places = {"file": str(file), "stem": file.stem, "folder": str(folder), "program": str(folder / "program")}
    return [part.format(**places) for part in command]


def _built(language: Language, file: Path) -> Path:
    """The folder of what is built from a source file: that of an earlier build of the same content, or a new one."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gradproof", "built")
    folder = cache_folder / f"{file.stem}-{_digest(language, file)}"
    if folder.is_dir():
        return folder
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache_folder))
    except OSError as error:
        raise Fault("import", f"{cache_folder}: expected a folder for what is built, found: {error.strerror}") from None
    try:
        _build(_filled(language.build, file, fresh), file)
        with suppress(OSError):  # another process has built the same
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _digest(language: Language, file: Path) -> str:
    """A digest of what is built, and how: the source file, and what beside it may be part of it."""
    suffixes = (*language.suffixes, *language.includes)
    parts = sorted(path for path in file.parent.iterdir() if path.suffix in suffixes and path.is_file())
    digest = hashlib.sha256("\0".join(language.build).encode())
    for path in dict.fromkeys([file, *parts]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _build(command: Sequence[str], file: Path) -> None:
    """Run a compiler. Raises Fault with its first errors."""
    done = subprocess.run(command, cwd=file.parent, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode == 0:
        return
    lines = (done.stderr + done.stdout).decode(errors="replace").replace(f"{file.parent}{os.sep}", "").splitlines()
    errors = [line.strip() for line in lines if "error" in line] or [line.strip() for line in lines if line.strip()]
    raise Fault("import", f"{command[0]} does not compile it: {' | '.join(errors[:MOST_ERRORS])}")
